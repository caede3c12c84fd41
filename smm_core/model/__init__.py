"""The words of smm as types: frozen, keyword-only, plain enough to go to JSON and back.

Instants are aware datetimes in UTC; wall times are naive and stand beside a zone. Pictures are named by
the sha256 of their bytes. Sizes are in pixels, file sizes in bytes. What is absent is None, never 0.
"""

from __future__ import annotations

from smm_core.model.actions import Action, ActionKind, ActionState, Attempt, Delivery, Receipt
from smm_core.model.content import (
    Card,
    Idea,
    IdeaFound,
    IdeaState,
    Picture,
    Post,
    PostContent,
    PostFound,
    PostState,
    Series,
    SeriesState,
    Trouble,
)
from smm_core.model.interactions import Interaction, InteractionKind, InteractionState
from smm_core.model.journal import Event, Reading, Subject, SubjectKind
from smm_core.model.plain import digest_of, from_json, to_json, to_plain
from smm_core.model.planning import Every, Late, Repeat, RepeatChange, When, WhenKind
from smm_core.model.profiles import Brand, Profile, Scheduler, Slot
from smm_core.model.reviews import Decision, Review, ReviewState, Verdict
from smm_core.model.variants import Attachment, Level, Part, Problem, RenderedPart, Rendering, Variant, sealed

__all__ = [
    "Action",
    "ActionKind",
    "ActionState",
    "Attachment",
    "Attempt",
    "Brand",
    "Card",
    "Decision",
    "Delivery",
    "Event",
    "Every",
    "Idea",
    "IdeaFound",
    "IdeaState",
    "Interaction",
    "InteractionKind",
    "InteractionState",
    "Late",
    "Level",
    "Part",
    "Picture",
    "Post",
    "PostContent",
    "PostFound",
    "PostState",
    "Problem",
    "Profile",
    "Reading",
    "Receipt",
    "RenderedPart",
    "Rendering",
    "Repeat",
    "RepeatChange",
    "Review",
    "ReviewState",
    "Scheduler",
    "Series",
    "SeriesState",
    "Slot",
    "Subject",
    "SubjectKind",
    "Trouble",
    "Variant",
    "Verdict",
    "When",
    "WhenKind",
    "digest_of",
    "from_json",
    "sealed",
    "to_json",
    "to_plain",
]
