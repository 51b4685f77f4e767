"""Live updates of open pages over Socket.IO: stored broadcasts, passing events, sockets and their rooms."""
