"""What ships with smm, through the same hooks as everybody else's plugins.

Sources: `folder`. Templates: `text`. Approvers: `hand`, `rule`. Publishers: `manual`. Checks: limits and brand book.
"""

from smm_core.builtin.approvers import smm_approvers
from smm_core.builtin.checks import smm_check_variant
from smm_core.builtin.folder import smm_sources
from smm_core.builtin.manual import smm_publishers
from smm_core.builtin.text_template import smm_templates

__all__ = ["smm_approvers", "smm_check_variant", "smm_publishers", "smm_sources", "smm_templates"]
