"""Fill PODIUM_HOME with 200 components, all of them in stacks."""

from podium.core.store.config_store import ConfigStore
from podium.core.store.records import ComponentRecord, StackRecord

store = ConfigStore()
for number in range(100):
    name = f"name-{number}"
    store.register_component(ComponentRecord("orchestrator", name, "local"))
    store.register_component(ComponentRecord("artifact-store", name, "local"))
    store.stacks.add(StackRecord(name, {"orchestrator": name, "artifact-store": name}))
