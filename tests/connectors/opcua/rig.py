"""OPC UA for the suite: asyncua's server with SignAndEncrypt, started once, behind a relay that starts and stops."""

from asyncua import ua

from ninefold.testing.connectors import Cable, Rig

VALUES = {"Torque": 40.0, "Speed": 1503.0, "Variant": "L", "Parts": 7.0, "Setpoint": 1.0, "Door": 1.0}


class OpcuaRig(Rig):
    """The cell of the other tests."""

    connector = "opcua"
    drivers = ("asyncua",)
    unknown = ("ns=2;s=M1.Nothing", "ns=2;s=M9.Torque")
    writable = ("ns=2;s=M1.Setpoint", 2.5)

    def __init__(self, running):
        super().__init__(running.cell.pki)
        self.running_cell = running
        self.relay = None

    @property
    def pki(self):
        return self.folder / "client"

    def tree(self, port):
        tags = [{"signal": name.lower(), "asset": "m1", "address": f"ns=2;s=M1.{name}", "unit": "1"} for name in VALUES]
        return {
            "connector": "opcua",
            "endpoint": f"opc.tcp://127.0.0.1:{port}",
            "security": {"server": "cell"},
            "tags": tags,
        }

    def values(self):
        return {f"ns=2;s=M1.{name}": value for name, value in VALUES.items()}

    async def start(self, port):
        for name, value in VALUES.items():
            await self.put(f"ns=2;s=M1.{name}", value)
        self.relay = Cable(self.running_cell.cell.port, port)
        await self.relay.join()

    async def stop(self):
        await self.relay.__aexit__()

    async def put(self, address, value):
        name = address.rpartition(".")[2]
        typed = {"Parts": int, "Door": bool}.get(name, type(value))(value)
        await self.running_cell.do(self.running_cell.cell.put(name, typed))

    def driver_errors(self):
        names = (
            "BadCertificateUntrusted",
            "BadSecureChannelClosed",
            "BadNodeIdUnknown",
            "BadTimeout",
            "BadInternalError",
        )
        return [getattr(ua.uaerrors, name)() for name in names]
