"""Fill PODIUM_HOME with 200 orchestrators and 100 stacks of half of them."""

from podium.core.store.config_store import ConfigStore
from podium.core.store.records import ComponentRecord, StackRecord

store = ConfigStore()
for number in range(200):
    store.components("orchestrator").add(ComponentRecord("orchestrator", f"name-{number}", "local"))
for number in range(100):
    store.stacks.add(StackRecord(f"name-{number}", {"orchestrator": f"name-{number}", "artifact-store": "default"}))
