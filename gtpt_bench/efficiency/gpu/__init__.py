"""What NVIDIA's management library (NVML) tells of a GPU. Everything here only reads; nothing changes the card."""
