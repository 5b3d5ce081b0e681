"""The look of a letter: tables, for Outlook; colours in place, for readers that drop style sheets; no image at all.

The style sheet only adds what cannot be written in place: the dark colours, and less margin on a narrow screen.
"""

from markupsafe import Markup

STYLE = Markup(
    ":root{color-scheme:light dark;supported-color-schemes:light dark}"
    "a:focus{outline:3px solid #0f5460;outline-offset:2px}"
    "@media (max-width:480px){.card{padding:24px 20px!important}.page{padding:20px 12px!important}}"
    "@media (prefers-color-scheme:dark){"
    ".linen{background:#12191f!important}.card{background:#1c2630!important;border-color:#f2674a #3a4754 #3a4754!important}"
    ".ink{color:#f3ebdd!important}.soft{color:#b8c2cc!important}.link,.figure{color:#9bd3da!important}"
    "a:focus{outline-color:#9bd3da!important}.button{background:#9bd3da!important}.press{color:#0a2b31!important}.hair{border-color:#3a4754!important}}"
    "[data-ogsc] .ink{color:#f3ebdd!important}[data-ogsc] .soft{color:#b8c2cc!important}"
    "[data-ogsc] .link,[data-ogsc] .figure{color:#9bd3da!important}"
)
FILLER = Markup("&#8204;&nbsp;") * 60
MARK = Markup(
    '<!--[if !mso]><!--><span aria-hidden="true" style="display:inline-block;width:18px;height:18px;border-radius:9px;'
    'vertical-align:middle;background:#ffc24b;margin-bottom:10px"></span><span aria-hidden="true" style="display:'
    "inline-block;width:18px;height:18px;border-radius:9px;vertical-align:middle;background:#f2674a;"
    'margin:2px 0 0 -2px"></span>&nbsp; <!--<![endif]-->'
)
PAGE = Markup(
    '<!doctype html><html lang="fr" xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
    '<meta name="format-detection" content="telephone=no,date=no,address=no,email=no">'
    "<title>{subject}</title><style>{style}</style></head>"
    '<body class="linen" style="margin:0;padding:0;background:#fbf6ee;-webkit-text-size-adjust:100%">'
    '<div aria-hidden="true" style="display:none;max-height:0;overflow:hidden;mso-hide:all">{preview}{filler}</div>'
    '<main><table role="presentation" class="linen" width="100%" cellpadding="0" cellspacing="0" border="0" '
    'bgcolor="#fbf6ee" style="background:#fbf6ee"><tr><td class="page" align="center" style="padding:32px 16px">'
    '<!--[if mso]><table role="presentation" width="560" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->'
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" '
    'style="max-width:560px;margin:0 auto;font-family:Verdana,Geneva,Arial,sans-serif;text-align:left">'
    '<tr><td class="link" style="padding:0 0 20px;font-size:16px;line-height:32px;font-weight:bold;color:#0f5460">'
    "{mark}{brand}</td></tr>"
    '<tr><td class="card" bgcolor="#ffffff" style="background:#ffffff;border:1px solid #e2d8c8;'
    'border-top:3px solid #f2674a;border-radius:12px;padding:32px">'
    "{body}</td></tr>"
    '<tr><td style="padding:20px 4px 0">{foot}</td></tr>'
    "</table><!--[if mso]></td></tr></table><![endif]--></td></tr></table></main></body></html>"
)
CONTEXT = Markup('<p class="soft" style="margin:0 0 8px;font-size:14px;line-height:20px;color:#4a5763">{}</p>')
TITLE = Markup(
    '<h1 class="ink" style="margin:0 0 20px;font-size:24px;line-height:31px;font-weight:bold;color:#1c2630">{}</h1>'
)
PARAGRAPH = Markup('<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2630">{}</p>')
AFTER = Markup('<p class="soft" style="margin:16px 0 0;font-size:15px;line-height:23px;color:#4a5763">{}</p>')
FACTS = Markup(
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:4px 0 24px">'
    "{}</table>"
)
FACT = Markup(
    '<tr><td class="figure hair" width="36" align="right" valign="baseline" style="width:36px;border-bottom:1px solid '
    '#e2d8c8;padding:10px 14px 10px 0;font-size:22px;line-height:28px;font-weight:bold;color:#0f5460">{figure}</td>'
    '<td class="ink hair" valign="baseline" style="border-bottom:1px solid #e2d8c8;padding:10px 0;font-size:16px;'
    'line-height:24px;color:#1c2630">{words}</td></tr>'
)
BUTTON = Markup(
    '<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:24px 0 0"><tr>'
    '<td class="button" bgcolor="#0f5460" style="background:#0f5460;border-radius:8px;mso-padding-alt:14px 22px">'
    '<a class="press" href="{url}" style="display:inline-block;padding:14px 22px;font-size:16px;line-height:22px;'
    'font-weight:bold;color:#ffffff;text-decoration:none">{label}</a></td></tr></table>'
)
SECOND = Markup(
    '<p style="margin:16px 0 0;font-size:16px;line-height:24px">'
    '<a class="link" href="{url}" style="color:#0f5460;text-decoration:underline">{label}</a></p>'
)
COPY = Markup(
    '<p class="soft" style="margin:0 0 12px;font-size:13px;line-height:20px;color:#4a5763">{words}<br>'
    '<a class="link" href="{url}" style="color:#0f5460;word-break:break-all">{url}</a></p>'
)
CLOSING = Markup(
    '<p class="soft" style="margin:0 0 12px;font-size:13px;line-height:20px;color:#4a5763">{why}{choice}</p>'
)
CHOICE = Markup('<br><a class="link" href="{url}" style="color:#0f5460">{label}</a>')
FOOT = Markup('<p class="soft" style="margin:0;font-size:13px;line-height:20px;color:#4a5763">{}</p>')
