import { randomBytes } from 'node:crypto'

const HEADERS = 1024

/** A PE file with the sections that are given, padded with random bytes to its size. */
export function peFile(sections: Readonly<Record<string, string>>, sizeBytes: number): Buffer {
  const names = Object.entries(sections)
  const file = Buffer.concat([Buffer.alloc(HEADERS), randomBytes(sizeBytes - HEADERS)])
  file.write('MZ', 0)
  file.writeUInt32LE(128, 0x3c)
  file.write('PE\0\0', 128)
  file.writeUInt16LE(names.length, 128 + 6)
  file.writeUInt16LE(112, 128 + 20)
  let [header, content] = [128 + 24 + 112, HEADERS]
  for (const [name, text] of names) {
    const bytes = Buffer.from(text)
    const rawBytes = Math.ceil(bytes.length / 512) * 512
    file.write(name.padEnd(8, '\0'), header, 'latin1')
    file.writeUInt32LE(bytes.length, header + 8)
    file.writeUInt32LE(rawBytes, header + 16)
    file.writeUInt32LE(content, header + 20)
    file.fill(0, content, content + rawBytes)
    bytes.copy(file, content)
    header += 40
    content += rawBytes
  }
  return file
}

/** What a UKI of a release is, as far as updates look into it. */
export function ukiOf(rootHash: string, sizeBytes = 300_000): Buffer {
  return peFile(
    { '.osrel': 'ID=slipway\n', '.cmdline': `usrhash=${rootHash} rw console=ttyS0` },
    sizeBytes,
  )
}

/** What systemd-boot is, as far as its update looks into it. */
export function loaderOf(version: string, sizeBytes = 20_000): Buffer {
  return peFile({ '.sdmagic': `#### LoaderInfo: systemd-boot ${version} ####` }, sizeBytes)
}
