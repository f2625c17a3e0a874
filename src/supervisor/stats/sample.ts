import { readFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import type { Container } from '../containers/container.ts'
import { cgroupOf } from '../runtime/cgroup.ts'
import { isAlive } from '../runtime/processes.ts'
import {
  blockFigures,
  cpuFigures,
  type Figures,
  hostCpuNs,
  limitOf,
  type MemoryFigures,
  namedNumbers,
  networkFigures,
} from './figures.ts'

/** What a container uses now; undefined when it does not run. */
export async function sampleOf(
  { id, spec, state }: Pick<Container, 'id' | 'spec' | 'state'>,
  cgroupRoot: string,
): Promise<Figures | undefined> {
  const { process, status } = state
  if (status !== 'running' || process === undefined) return undefined
  try {
    const cgroup = `${cgroupRoot}${await cgroupOf(process.pid, id)}`
    const read = (name: string) => readIfThere(`${cgroup}/${name}`)
    const [cpuStat, current, maximum, memoryStat, ioStat, pids, pidsLimit, procStat, netDev] =
      await Promise.all([
        readFile(`${cgroup}/cpu.stat`, 'utf8'),
        read('memory.current'),
        read('memory.max'),
        read('memory.stat'),
        read('io.stat'),
        read('pids.current'),
        read('pids.max'),
        readFile('/proc/stat', 'utf8'),
        // Docker has no figures of a network that is the host's.
        spec.namespaces?.network === 'host' ? '' : readFile(`/proc/${process.pid}/net/dev`, 'utf8'),
      ])
    // The number of a process that has ended may be another's.
    if (!(await isAlive(process))) return undefined
    return {
      at: new Date(),
      cpu: cpuFigures(cpuStat, hostCpuNs(procStat)),
      memory: current === undefined ? undefined : memoryFigures(current, maximum, memoryStat),
      blocks: blockFigures(ioStat ?? ''),
      processes:
        pids === undefined ? undefined : { current: Number(pids), limit: limitOf(pidsLimit) },
      networks: networkFigures(netDev),
    }
  } catch (error) {
    if (await isAlive(process)) throw error
    return undefined
  }
}

function memoryFigures(
  current: string,
  maximum: string | undefined,
  stat: string | undefined,
): MemoryFigures {
  return {
    usedBytes: Number(current),
    limitBytes: Math.min(limitOf(maximum) ?? Number.POSITIVE_INFINITY, totalmem()),
    details: namedNumbers(stat ?? ''),
  }
}

/** A file of a controller that the cgroup may not have. */
async function readIfThere(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}
