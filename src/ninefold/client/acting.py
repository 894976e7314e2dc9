"""What a client does: runs, edits, signatures, orders to devices, what people say about alarms and proposals."""

from collections.abc import Mapping, Sequence
from typing import Literal

from ninefold.client import answers as a
from ninefold.client import requests as r
from ninefold.client.api import Api, place
from ninefold.vocabulary.account import AccountRole
from ninefold.vocabulary.alarm import AlarmOutcome
from ninefold.vocabulary.triage import Finding, Repair


class Acting:
    """Methods that change something. What was read is handed back, so that nobody writes over what they have not seen.

    Those that sign take the person's password. A request is repeated when no answer came, and done once all the same.
    """

    api: Api

    def run(self, *tasks: str) -> a.Job:
        """Bring tasks up to date, or everything, and return the run as it begins."""
        return self.api.post(a.Job, "/runs", r.RunRequest(tasks=tasks))

    def cancel_run(self, id: str) -> a.Job:
        """Ask a run to end."""
        return self.api.post(a.Job, place("/runs/{}/cancellation", id))

    def write_file(self, path: str, text: str, etag: str, reason: str = "") -> a.FileSaved:
        """Write a file over what was read with an ETag; "" for a new one.

        Raises:
            EditConflict: it holds something else by now.
        """
        body = r.FileWrite(text=text, reason=reason)
        return self.api.change("PUT", a.FileSaved, place("/files/{}", path), body, etag=etag)

    def remove_file(self, path: str, etag: str) -> a.FileSaved:
        """Remove a file that still holds what was read."""
        return self.api.change("DELETE", a.FileSaved, place("/files/{}", path), etag=etag)

    def preview_edit(self, path: str, text: str) -> a.Impact:
        """Return what an edit would do."""
        return self.api.post(a.Impact, "/previews", r.Preview(path=path, text=text), once=False)

    def approve(
        self, model: str, reason: str, password: str, *, standing_until: int | None = None, uses: int = 1
    ) -> a.Made:
        """Sign a model as it stands."""
        body = r.ApprovalRequest(
            model=model, reason=reason, password=password, standing_until=standing_until, uses=uses
        )  # fmt: skip
        return self.api.post(a.Made, "/approvals", body)

    def waive(
        self, model: str, criterion: str, reason: str, until: int, password: str, where: Mapping[str, str] | None = None
    ) -> a.Made:
        """Answer for an insufficient criterion until a moment (µs UTC)."""
        body = r.WaiverRequest(
            model=model, criterion=criterion, reason=reason, until=until, password=password, where=dict(where or {})
        )
        return self.api.post(a.Made, "/waivers", body)

    def revoke(self, record: str, reason: str, password: str) -> a.Made:
        """Take back an approval or a waiver."""
        body = r.RevocationRequest(record=record, reason=reason, password=password)
        return self.api.post(a.Made, "/revocations", body)

    def publish_deployment(self, name: str, password: str) -> a.Publication:
        """Sign the approved bundle of a deployment and let its targets fetch it."""
        body = r.PublicationRequest(password=password)
        return self.api.post(a.Publication, place("/deployments/{}/publications", name), body)

    def accept_pending(self, device: str, criteria: Sequence[str], reason: str, until: int, password: str) -> a.Made:
        """Answer for criteria that are still insufficient on a device."""
        body = r.AcceptanceRequest(criteria=tuple(criteria), reason=reason, until=until, password=password)
        return self.api.post(a.Made, place("/devices/{}/acceptances", device), body)

    def order(self, device: str, order: Literal["rollback", "stop", "retry"]) -> a.Made:
        """Tell a device to go back, to stop, or to try again."""
        return self.api.post(a.Made, place("/devices/{}/orders", device), r.OrderRequest(order=order))

    def invite(self, device: str, minutes: float = 60.0) -> a.Invitation:
        """Return the one-time token with which a device enrols."""
        body = r.InvitationRequest(device=device, minutes=minutes)
        return self.api.post(a.Invitation, "/invitations", body, once=False)

    def refuse_device(self, name: str) -> a.Device:
        """Refuse a device from now on."""
        return self.api.change("DELETE", a.Device, place("/devices/{}", name))

    def acknowledge(self, alarm: a.Alarm) -> a.Alarm:
        """Say that somebody looks at an alarm."""
        return self._said(alarm, "acknowledgement")

    def shelve(self, alarm: a.Alarm, until: int, reason: str = "") -> a.Alarm:
        """Silence an alarm until a moment (µs UTC)."""
        return self._said(alarm, "shelving", r.Shelving(until=until, reason=reason))

    def clear(self, alarm: a.Alarm, reason: str = "") -> a.Alarm:
        """End an alarm."""
        return self._said(alarm, "clearance", r.Clearance(reason=reason))

    def judge(self, alarm: a.Alarm, outcome: AlarmOutcome, reason: str = "") -> a.Alarm:
        """Say what an alarm was."""
        return self._said(alarm, "judgement", r.AlarmJudgement(outcome=outcome, reason=reason))

    def triage_alarm(self, alarm: a.Alarm, finding: Finding, reason: str = "") -> a.Triaged:
        """Say what is behind an alarm."""
        body = r.Triaging(finding=finding, reason=reason)
        return self.api.post(a.Triaged, place("/alarms/{}/triage", alarm.episode.id), body, etag=alarm.etag)

    def _said(self, alarm: a.Alarm, what: str, body: object = None) -> a.Alarm:
        return self.api.post(a.Alarm, place(f"/alarms/{{}}/{what}", alarm.episode.id), body, etag=alarm.etag)

    def repaired(self, asset: str) -> Repair:
        """Say that an asset is repaired."""
        return self.api.post(Repair, place("/repairs/{}", asset))

    def decide_proposal(
        self, proposal: a.ProposalState, decision: Literal["accepted", "declined"], reason: str = ""
    ) -> a.ProposalDecided:
        """Take a proposal up or put it away; neither promotes a model."""
        body = r.ProposalChoice(decision=decision, reason=reason)
        where = place("/proposals/{}/decision", proposal.id)
        return self.api.post(a.ProposalDecided, where, body, etag=proposal.etag)

    def make_token(self, name: str, scope: AccountRole, password: str, days: int = 90) -> a.TokenMade:
        """Return a new token of one's own; its secret is shown this once."""
        body = r.TokenRequest(name=name, scope=scope, password=password, days=days)
        return self.api.post(a.TokenMade, "/tokens", body, once=False)

    def revoke_token(self, id: str) -> a.Token:
        """Revoke a token of one's own."""
        return self.api.change("DELETE", a.Token, place("/tokens/{}", id))
