"""A connector to a store of to-dos, which shows what we push and opens our page: what all of them do alike."""

from abc import abstractmethod
from datetime import UTC, datetime

from engine.errors import OAError, OARejected
from engine.oa.contract import Capabilities, Connection, Desk, Health, InstanceSnapshot, ItemResult, OARequest, Receipt
from engine.oa.sink.local_time import zone_of
from engine.oa.sink.notices import Notice, read_notice
from engine.oa.sink.push import Profile, Push
from engine.oa.standard import Standard


class Store(Standard):
    """A connector (`engine.oa.contract.Connector`) to the store that a profile describes."""

    def __init__(self, connection: Connection, desk: Desk, profile: Profile, capabilities: Capabilities) -> None:
        super().__init__(connection, desk)
        self._push = Push(desk, profile)
        self._profile = profile
        self._capabilities = capabilities
        self._zone = zone_of(connection)

    @abstractmethod
    def _tell(self, person: str, account: str, notice: Notice) -> ItemResult:
        """Tell somebody something that is no to-do; the same again for the same notice changes nothing."""

    @abstractmethod
    def _probe(self) -> None:
        """Ask for something that is never there; any answer of the store's own, a refusal too, says that it hears us."""

    def push(self, snapshot: InstanceSnapshot, previous: InstanceSnapshot | None) -> Receipt:
        return self._push.snapshot(snapshot)

    def remove(self, snapshot: InstanceSnapshot) -> Receipt:
        return self._push.remove(snapshot)

    def call(self, request: OARequest) -> Receipt:
        notice = read_notice(self.connection, self.desk, request, self._profile.id_type)
        if notice is None or (notice.kind == "copy" and self._profile.copies):  # such a copy has a row of its own
            return super().call(request)
        return notice.tell(self._tell)

    def capabilities(self) -> Capabilities:
        return self._capabilities

    def health(self) -> Health:
        try:
            self._probe()
        except OARejected:
            return Health(True, datetime.now(UTC), "")
        except OAError as error:
            return Health(False, datetime.now(UTC), str(error.facts["reason"]))
        return Health(True, datetime.now(UTC), "")
