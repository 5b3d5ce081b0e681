"""What staff settle for one association, from its page."""

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from admin.associations import NOBODY, SettingsForm, association_page
from admin.navigation import frame
from portal.foundation.errors import Hidden
from portal.foundation.permissions import Permission, requires
from portal.foundation.transactions import rollback
from portal.operations.association_settings import AssociationMoved, settle_association
from portal.queries.associations import association_of

CONFLICT = 409
association_settings = Blueprint("association_settings", __name__, url_prefix="/collectif/associations")
association_settings.context_processor(frame)


@association_settings.post("/<uuid:association_id>/reglages")
@requires(Permission.ASSOCIATIONS_EDIT)
def settle(association_id: UUID) -> ResponseReturnValue:
    association, form = association_of(association_id), SettingsForm(request.form)
    if association is None:
        raise Hidden
    form.validate()
    try:
        settle_association(
            association,
            approval_required=form.approval_required.data,
            stop_at_objective=form.stop_at_objective.data,
            based_on=request.form.get("version", NOBODY, type=int),
        )
    except AssociationMoved as error:
        rollback()
        form.refuse(error.message)
        return association_page(association_id, form, CONFLICT)
    flash(f"Réglages de {association.name} enregistrés.", "good")
    return redirect(url_for("associations.show", association_id=association_id) + "#reglages", 303)
