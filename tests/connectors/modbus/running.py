"""pymodbus' server in a thread of its own, for callers that bring their own loop."""

import asyncio
import threading


class RunningDevice:
    """Starts a device on entry, and runs work in its loop."""

    def __init__(self, device):
        self.device = device
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self):
        self._thread.start()
        self.do(self.device.__aenter__())
        return self

    def __exit__(self, *error):
        self.do(self.device.stop())
        self.do(asyncio.sleep(0.05))  # the driver closes its links in the loop's next turns
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    def do(self, work):
        """Return what something in the server's loop returns."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)
