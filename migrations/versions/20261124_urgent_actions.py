"""Urgent actions with their targets, demands, letters and reports, and the sign that stops what is queued."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261124_urgent_actions"
down_revision = "20261124_petitions"
branch_labels = None
depends_on = None

ACTION = "urgent_action"


def upgrade() -> None:
    op.create_table(
        "stop_sign",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("raised", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop_sign")),
    )
    op.create_table(
        "target_official",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("mailbox", sa.String(length=254), nullable=True),
        sa.Column("salutations", sa.JSON(), nullable=False),
        sa.Column("last_verified_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target_official")),
    )
    op.create_index(op.f("ix_target_official_country"), "target_official", ["country"])
    op.create_table(
        "urgent_action_number",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("given", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_urgent_action_number")),
    )
    _action()
    _parts()


def _action() -> None:
    op.create_table(
        ACTION,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("given", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("previous_id", sa.Uuid(), nullable=True),
        sa.Column("alert_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("headline", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("what_changed", sa.Text(), nullable=True),
        sa.Column("speaks_of_health", sa.Boolean(), nullable=False),
        sa.Column("act_by", sa.Date(), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("write_in", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("changed_by_id", sa.Uuid(), nullable=True),
        sa.Column("approver_id", sa.Uuid(), nullable=True),
        sa.Column("suspended_because", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leaves_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _foreign(ACTION, "case_id", "case", ondelete="CASCADE"),
        _foreign(ACTION, "previous_id", ACTION, ondelete="SET NULL"),
        _foreign(ACTION, "alert_id", "alert", ondelete="SET NULL"),
        _foreign(ACTION, "author_id", "member"),
        _foreign(ACTION, "changed_by_id", "member"),
        _foreign(ACTION, "approver_id", "member"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_urgent_action")),
        sa.UniqueConstraint("alert_id", name=op.f("uq_urgent_action_alert_id")),
        sa.UniqueConstraint("year", "given", "edition", name=op.f("uq_urgent_action_year_given_edition")),
    )
    op.create_index(op.f("ix_urgent_action_case_id"), ACTION, ["case_id"])
    op.create_index(op.f("ix_urgent_action_previous_id"), ACTION, ["previous_id"])
    op.create_index("ix_urgent_action_leaves_at", ACTION, ["status", "leaves_at"])
    op.create_index("ix_urgent_action_expires_at", ACTION, ["status", "expires_at"])


def _parts() -> None:
    for name, other in (("urgent_action_person", "person"), ("urgent_action_target", "target_official")):
        op.create_table(
            name,
            sa.Column("urgent_action_id", sa.Uuid(), nullable=False),
            sa.Column(f"{other}_id", sa.Uuid(), nullable=False),
            _foreign(name, "urgent_action_id", ACTION, ondelete="CASCADE"),
            _foreign(name, f"{other}_id", other, ondelete="CASCADE" if other == "person" else None),
            sa.PrimaryKeyConstraint("urgent_action_id", f"{other}_id", name=op.f(f"pk_{name}")),
        )
        op.create_index(op.f(f"ix_{name}_{other}_id"), name, [f"{other}_id"])
    op.create_table(
        "urgent_action_demand",
        sa.Column("urgent_action_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("demand_id", sa.Uuid(), nullable=True),
        _foreign("urgent_action_demand", "urgent_action_id", ACTION, ondelete="CASCADE"),
        _foreign("urgent_action_demand", "demand_id", "demand"),
        sa.PrimaryKeyConstraint("urgent_action_id", "position", name=op.f("pk_urgent_action_demand")),
    )
    op.create_index(op.f("ix_urgent_action_demand_demand_id"), "urgent_action_demand", ["demand_id"])
    op.create_table(
        "urgent_action_letter",
        sa.Column("urgent_action_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        _foreign("urgent_action_letter", "urgent_action_id", ACTION, ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("urgent_action_id", "language", name=op.f("pk_urgent_action_letter")),
    )
    op.create_table(
        "letter_report",
        sa.Column("urgent_action_id", sa.Uuid(), nullable=False),
        sa.Column("reported_on", sa.Date(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        _foreign("letter_report", "urgent_action_id", ACTION, ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("urgent_action_id", "reported_on", "language", name=op.f("pk_letter_report")),
    )


def downgrade() -> None:
    for table in (
        "letter_report",
        "urgent_action_letter",
        "urgent_action_demand",
        "urgent_action_target",
        "urgent_action_person",
        ACTION,
        "urgent_action_number",
        "target_official",
        "stop_sign",
    ):
        op.drop_table(table)


def _foreign(table: str, column: str, other: str, *, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"), ondelete=ondelete
    )
