"""Documents on paper: pure pages of HTML for A4, and the press that turns them into PDF."""
