export type MeasuredConfig = {
  readonly name: string
  /** As in `provisioning by …`. */
  readonly title: string
  readonly config: object
  /** A file of the host that proves that the config was carried out, and its size in bytes. */
  readonly proof?: { readonly path: string; readonly bytes: number }
  /** What it may take; the peer's time and one start of our program unless told. */
  readonly limitMs?: number
}

const fileBytes = 10_000

/** Contents that no compression shortens much, the same in each run. */
function contents(seed: number): string {
  let state = seed + 1
  const bytes = Buffer.alloc(fileBytes, 0)
  for (let at = 0; at < fileBytes; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    bytes[at] = state >>> 16
  }
  return `data:;base64,${bytes.toString('base64')}`
}

/** What hosts are provisioned by, in specification 3.3, the newest that both sides read. */
export const configs: readonly MeasuredConfig[] = [
  {
    name: 'empty',
    title: 'an empty config',
    config: { ignition: { version: '3.3.0' } },
    limitMs: 300,
  },
  {
    name: 'files',
    title: '100 files of 10 kB',
    config: {
      ignition: { version: '3.3.0' },
      storage: {
        files: Array.from({ length: 100 }, (_, index) => ({
          path: `/etc/measured/file-${index}`,
          mode: 0o644,
          contents: { source: contents(index) },
        })),
      },
    },
    proof: { path: 'etc/measured/file-99', bytes: fileBytes },
  },
]
