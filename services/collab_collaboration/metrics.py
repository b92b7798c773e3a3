"""What is measured at each stage of an edit's way: received, queued, committed, merged, sent, acknowledged."""

from prometheus_client import Counter, Gauge, Histogram

RECEIVED = Counter("collab_messages_received_total", "Messages from clients", ["kind"])
RECEIVED_BYTES = Counter("collab_received_bytes_total", "Bytes of messages from clients")
HELD = Counter("collab_writers_held_total", "Times a connection was not read for a moment: its document was too fast")
REFUSED = Counter("collab_updates_refused_total", "Updates not taken", ["reason"])
STALE = Counter("collab_stale_clients_total", "Sessions ended because they know another life of their document")
PENDING_BYTES = Gauge("collab_pending_bytes", "Edits received and not yet committed")
_QUICK = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5)
QUEUE_SECONDS = Histogram(
    "collab_queue_seconds", "Time from an edit's arrival until its commit began, for the oldest of each", buckets=_QUICK
)
MERGE_SECONDS = Histogram("collab_merge_seconds", "Time to merge all edits of one group commit", buckets=_QUICK)
DELIVERY_SECONDS = Histogram(
    "collab_delivery_seconds",
    "Time to send and acknowledge what one group commit stored, all receivers together",
    buckets=_QUICK,
)
COMMIT_SECONDS = Histogram(
    "collab_commit_seconds",
    "Time of one group commit",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5),
)
COMMIT_OPERATIONS = Histogram(
    "collab_commit_operations", "Operations in one group commit", buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
)
COMMIT_FAILURES = Counter("collab_commit_failures_total", "Group commits that failed and were tried again")
SAVED_SECONDS = Histogram(
    "collab_saved_seconds",
    "Time from an edit's arrival until it was sent to everybody, for the oldest of each commit",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5),
)
OPERATIONS = Counter("collab_operations_committed_total", "Operations committed")
SENT = Counter("collab_messages_sent_total", "Messages to clients", ["kind"])
ACKNOWLEDGED = Counter("collab_updates_acknowledged_total", "Updates acknowledged after their commit")
STORE_AWAY = Gauge("collab_store_away", "1 while commits fail")
STATES = Counter("collab_states_encoded_total", "Document states encoded for clients that join; joiners share them")
DOCUMENT_BYTES = Gauge("collab_document_bytes", "Size of the open documents' states together")
LARGEST_DOCUMENT = Gauge("collab_largest_document_bytes", "Size of the largest open document's state")
SHARED_BYTES = Gauge("collab_shared_state_bytes", "Encoded states kept for clients that join")
DOCUMENTS = Gauge("collab_documents_open", "Documents in memory")
CONNECTIONS = Gauge("collab_connections_open", "WebSocket connections")
SESSIONS = Gauge("collab_sessions_open", "Documents joined, over all connections")
TASKS = Gauge("collab_tasks", "Tasks in the event loop")
CLOSED = Counter("collab_connections_closed_total", "Connections ended", ["code"])
OPEN_SECONDS = Histogram(
    "collab_document_open_seconds",
    "Time to read a document from the store",
    buckets=(0.005, 0.01, 0.05, 0.1, 0.5, 1, 5),
)
DAMAGED = Counter("collab_snapshots_damaged_total", "Snapshots found missing or damaged, and done without")
SALVAGED = Counter("collab_operations_left_out_total", "Stored operations that could not be merged when read")
WORK_SECONDS = Histogram(
    "collab_work_seconds",
    "Time of work on a whole document, which is done in a process of its own",
    ["kind"],
    buckets=(0.05, 0.1, 0.5, 1, 5, 30, 300),
)
SNAPSHOTS = Counter("collab_snapshots_total", "Compactions of a document's log", ["outcome"])
CATCH_UPS = Counter("collab_catch_ups_total", "Times a document missed another replica's operations", ["reason"])
EPOCHS = Counter("collab_epochs_total", "Documents that went on as another state")
PURGED = Counter("collab_purged_total", "What was removed of deleted documents", ["kind"])
FANOUT = Counter("collab_fanout_messages_total", "Messages between replicas", ["direction", "outcome"])
FANOUT_ITEMS = Counter("collab_fanout_items_total", "What other replicas were told", ["kind"])
