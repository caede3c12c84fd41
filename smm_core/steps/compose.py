"""compose: ideas that a rule or a person chose → post files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from smm_core import authoring
from smm_core.clock import instant_of, wall_of
from smm_core.config import RuleConfig
from smm_core.content.write import slugify
from smm_core.contracts import ComposeRequest
from smm_core.errors import SmmError
from smm_core.model import Idea, PostContent
from smm_core.steps import Report
from smm_core.values import replace
from smm_core.workspace import Workspace


def compose(ws: Workspace) -> Report:
    """Make posts of new ideas by the rules in the configuration, at most as many a day as each rule says."""
    report = Report(step="compose")
    for rule in ws.config.rules.values():
        client = ws.config.sources[rule.source].client
        left = rule.per_day - ws.store.ideas.composed_since(rule.name, _midnight(ws, client))
        for idea in ws.store.ideas.uncomposed(rule.source, rule.name, max(left, 0)):
            try:
                path = _compose_by_rule(ws, rule, idea)
            except SmmError as error:
                report.failed(f"rule {rule.name}, idea {idea.id}: {error}")
                continue
            report.did(f"idea {idea.id} → {path.relative_to(ws.root)}")
    return report


def _midnight(ws: Workspace, client: str) -> datetime:
    """When the present day began where the client is."""
    zone = ws.client(client).zone
    today = wall_of(ws.clock.now(), zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return instant_of(today, zone)


def _compose_by_rule(ws: Workspace, rule: RuleConfig, idea: Idea) -> Path:
    content = composed(ws, idea, rule.template, rule.layout)
    content = replace(
        content,
        profiles=content.profiles or rule.profiles,
        labels=tuple(dict.fromkeys((*content.labels, *rule.labels))),
        campaign=content.campaign or rule.campaign,
        idea=idea.id,
    )
    slug = f"{rule.name}-{idea.id}-{slugify(idea.found.title, longest=40)}"
    path = authoring.write_composed(ws, idea.client, content, slug)
    ws.store.ideas.mark_composed(rule.name, idea.id, slug, ws.clock.now())
    ws.note(
        "idea.composed",
        f"idea {idea.id} became post {slug} by rule {rule.name}",
        client=idea.client,
        subject=f"idea:{idea.id}",
    )
    return path


def composed(ws: Workspace, idea: Idea, template: str, layout: str) -> PostContent:
    """What a template makes of an idea."""
    plugin = ws.plugins.template(template)
    client = ws.client(idea.client)
    request = ComposeRequest(
        idea=idea,
        brand=client.brand,
        layout=layout,
        folder=ws.root / "templates",
        client=client.title,
        language=client.language,
    )
    return ws.calls.call(
        "template",
        template,
        "compose",
        lambda ctx: plugin.compose(request, ctx),
        expect=PostContent,
        subject=f"idea {idea.id}",
    )
