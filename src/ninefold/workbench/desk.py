"""What one request works with: the viewer, the project through a store of this thread, and the words to answer in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from ninefold.kernel.plan import Plan
from ninefold.kernel.view import View
from ninefold.surface.cells import Ref
from ninefold.surface.page import Page
from ninefold.surface.session import Session
from ninefold.surface.words import Text
from ninefold.vocabulary.account import AccountRole
from ninefold.workbench.access.viewer import Viewer
from ninefold.workbench.project import Project


class Done(msgspec.Struct, frozen=True):
    """What an action returns when it did its work: where to go on, and what is said there once."""

    to: Ref
    said: Text = ""


class Shown(msgspec.Struct, frozen=True):
    """A page that an action shows with a status of its own: 200 for a preview, 409 for a conflict."""

    page: Page
    status: int = 200


Answer = Page | Done | Shown


@dataclass(frozen=True)
class Desk:
    """One request's view of the project."""

    viewer: Viewer
    project: Project
    session: Session
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def view(self) -> View:
        """The project's files as they were when this request first looked: looking at thousands of files takes time."""
        return self.session.view()

    @cached_property
    def plan(self) -> Plan:
        """How everything stood when this request first looked; what it did since is told by `session.status()`."""
        return self.session.status()

    @property
    def actor(self) -> str:
        """The opaque key under which records name who acts."""
        return self.viewer.person

    def may(self, role: AccountRole) -> bool:
        """Return whether the viewer may do what needs a role."""
        return self.viewer.may(role)
