/**
 * QEMU's arguments for a network card of its own, on which nothing but the metadata service is to be reached: `port` of
 * this machine.
 */
export function metadataNetwork(port: number): string[] {
  const network = 'net=169.254.0.0/16,host=169.254.0.2,dns=169.254.0.3,dhcpstart=169.254.0.15'
  const service = `guestfwd=tcp:169.254.169.254:80-cmd:/usr/bin/busybox nc 127.0.0.1 ${port}`
  return [
    ...['-netdev', `user,id=metadata,restrict=on,${network},${service}`],
    ...['-device', 'virtio-net-pci,netdev=metadata,romfile='],
  ]
}
