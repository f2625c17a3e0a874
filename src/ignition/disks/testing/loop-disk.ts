import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

/** Every program waits for the disk: where that is memory, they do not wait long. */
const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** A disk for tests: a sparse file behind a loop device of the real kernel. */
export class LoopDisk {
  readonly #folder = mkdtempSync(join(memory, 'slipway-disk-'))
  readonly image = join(this.#folder, 'disk.img')
  readonly device: string

  constructor(sizeMiB: number, sectorBytes = 512) {
    writeFileSync(this.image, '')
    truncateSync(this.image, sizeMiB * 1024 * 1024)
    const options = ['--find', '--show', '--sector-size', String(sectorBytes)]
    this.device = run('losetup', [...options, this.image]).trim()
  }

  partition(number: number): string {
    return `${this.device}p${number}`
  }

  /** What the kernel does with a disk when a machine starts. */
  restart(): void {
    this.#forget()
    try {
      run('partx', ['--add', this.device])
    } catch {
      // A disk without partitions.
    }
  }

  /** Its partitions as sgdisk sees them, which is no program of ours. */
  partitions(): {
    number: number
    start: number
    last: number
    guid: string
    type: string
    name: string
  }[] {
    const table = run('sgdisk', ['--print', this.device])
    return [...table.matchAll(/^ +(\d+) +\d+ +\d+ +/gm)].map(([, number]) => {
      const info = run('sgdisk', [`--info=${number}`, this.device])
      const value = (pattern: RegExp) => pattern.exec(info)?.[1] ?? ''
      return {
        number: Number(number),
        start: Number(value(/First sector: (\d+)/)),
        last: Number(value(/Last sector: (\d+)/)),
        guid: value(/unique GUID: (\S+)/),
        type: value(/GUID code: (\S+)/),
        name: value(/Partition name: '(.*)'/),
      }
    })
  }

  /** The digest of every byte. */
  digest(): string {
    run('sync', [this.device])
    return createHash('sha256').update(readFileSync(this.image)).digest('hex')
  }

  remove(): void {
    this.#forget()
    run('losetup', ['--detach', this.device])
    rmSync(this.#folder, { recursive: true })
  }

  #forget(): void {
    const name = basename(this.device)
    const partitions = readdirSync(`/sys/class/block/${name}`).filter((each) =>
      each.startsWith(`${name}p`),
    )
    if (partitions.length > 0) run('partx', ['--delete', this.device])
  }
}

/** Runs a program; gives its output, throws with its errors. */
export function run(program: string, parameters: readonly string[], input = ''): string {
  return execFileSync(program, parameters, {
    input,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}
