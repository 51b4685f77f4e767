"""Live updates over Socket.IO: stored broadcasts, passing events, sockets and rooms."""
