"""SSH as podium does it: host keys always checked, private keys read before they are stored, every fault named."""
