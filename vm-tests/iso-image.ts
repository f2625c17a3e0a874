const SECTOR_BYTES = 2048

type Placed = { readonly sector: number; readonly sizeBytes: number }

/**
 * A CD image (ECMA-119, level 1) with one file, `path` being absolute and in lower case: what the kernel makes of the
 * capitals that such an image has. `label` names the file system.
 */
export function isoImage(label: string, path: string, content: string): Buffer {
  const names = path.slice(1).toUpperCase().split('/')
  const file = names.pop() ?? ''
  const data = Buffer.from(content)
  // Two descriptors follow the system area; a sector for each directory, then the file.
  const directories = ['', ...names].map((_, index) => ({
    sector: 18 + index,
    sizeBytes: SECTOR_BYTES,
  }))
  const place = { sector: 18 + directories.length, sizeBytes: data.length }
  const image = Buffer.alloc((place.sector + Math.ceil(data.length / SECTOR_BYTES)) * SECTOR_BYTES)
  const [root = place] = directories
  const at = (sector: number) => image.subarray(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES)

  const volume = at(16)
  volume.write('\x01CD001\x01', 'latin1')
  volume.write(' '.repeat(32) + label.padEnd(32), 8, 'latin1')
  both32(volume, 80, image.length / SECTOR_BYTES)
  for (const offset of [120, 124]) both16(volume, offset, 1)
  both16(volume, 128, SECTOR_BYTES)
  record('\0', root, true).copy(volume, 156)
  volume[881] = 1
  at(17).write('\xffCD001\x01', 'latin1')

  directories.forEach((directory, index) => {
    const next = directories[index + 1]
    const records = [
      record('\0', directory, true),
      record('\x01', directories[index - 1] ?? root, true),
      next === undefined
        ? record(`${file};1`, place, false)
        : record(names[index] ?? '', next, true),
    ]
    Buffer.concat(records).copy(at(directory.sector))
  })
  data.copy(image, place.sector * SECTOR_BYTES)
  return image
}

function record(name: string, { sector, sizeBytes }: Placed, isDirectory: boolean): Buffer {
  const length = 33 + name.length
  const entry = Buffer.alloc(length + (length % 2))
  entry[0] = entry.length
  both32(entry, 2, sector)
  both32(entry, 10, sizeBytes)
  entry[25] = isDirectory ? 2 : 0
  both16(entry, 28, 1)
  entry[32] = name.length
  entry.write(name, 33, 'latin1')
  return entry
}

/** Numbers stand there in both byte orders. */
function both16(target: Buffer, offset: number, value: number): void {
  target.writeUInt16BE(value, target.writeUInt16LE(value, offset))
}

function both32(target: Buffer, offset: number, value: number): void {
  target.writeUInt32BE(value, target.writeUInt32LE(value, offset))
}
