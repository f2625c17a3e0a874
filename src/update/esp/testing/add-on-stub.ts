/** A PE32+ program with one section, laid out as systemd's stub of add-ons is. */
export function addOnStubLike({ headerBytes = 1024 } = {}): Buffer {
  const image = Buffer.alloc(1536)
  const [start, optional, table] = [64, 88, 328]
  image.write('MZ', 0)
  image.writeUInt32LE(start, 0x3c)
  image.write('PE\0\0', start)
  image.writeUInt16LE(0x8664, start + 4)
  image.writeUInt16LE(1, start + 6)
  image.writeUInt16LE(table - optional, start + 20)
  image.writeUInt16LE(0x20b, optional)
  image.writeUInt32LE(4096, optional + 32)
  image.writeUInt32LE(512, optional + 36)
  image.writeUInt32LE(8192, optional + 56)
  image.writeUInt32LE(headerBytes, optional + 60)
  image.writeUInt32LE(0x1234, optional + 64)
  image.write('.text', table, 'latin1')
  image.writeUInt32LE(11, table + 8)
  image.writeUInt32LE(4096, table + 12)
  image.writeUInt32LE(512, table + 16)
  image.writeUInt32LE(1024, table + 20)
  return image
}
