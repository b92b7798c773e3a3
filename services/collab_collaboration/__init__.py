"""The collaboration service: takes edits over WebSocket, stores, merges, acknowledges and broadcasts them."""
