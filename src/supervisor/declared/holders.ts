import { type Holders, type SharedMode, serviceIn, sharedModes } from '../compose/namespaces.ts'
import type { Service } from '../compose/service.ts'
import type { Container } from '../containers/container.ts'
import { restartInMs } from '../containers/restart.ts'
import { type DeclaredContainer, keyOf } from './service-key.ts'

export type DeclaredHoldersOptions = {
  readonly all: () => readonly Container[]
  readonly containersOf: (key: string) => readonly DeclaredContainer[]
  /** Of what the files say now. */
  readonly desiredHash: (key: string) => string | undefined
}

/** The containers that declared ones share namespaces with. */
export class DeclaredHolders {
  readonly #options: DeclaredHoldersOptions

  constructor(options: DeclaredHoldersOptions) {
    this.#options = options
  }

  /** Those of a service; undefined while one is not there, or another is about to take its place. */
  of(service: Pick<Service, 'project' | 'namespaces'>): Holders | undefined {
    const found = sharedModes(service).map((mode) => [mode, this.#settled(service, mode)] as const)
    if (found.some(([, holder]) => holder === undefined)) return undefined
    return Object.fromEntries(found.map(([mode, holder]) => [mode, holder?.id ?? '']))
  }

  /** Another container has taken the place of one of them. A job that has ended is done all the same. */
  haveLeft({ origin, spec, state }: DeclaredContainer, bootId: string): boolean {
    const { holders = {}, service } = origin
    if (state.status === 'exited' && state.bootId === bootId)
      if (restartInMs({ spec, state }) === undefined && state.setAside !== true) return false
    return sharedModes(service).some((mode) => {
      const holder = this.#inPlace(service, mode)
      return holder !== undefined && holder.id !== holders[mode]
    })
  }

  /** One of them began anew, with new namespaces. */
  haveStartedSince({ origin: { holders = {} }, state: { startedAt } }: DeclaredContainer): boolean {
    if (startedAt === undefined) return false
    const ids = new Set(Object.values(holders))
    return this.#options
      .all()
      .some(
        ({ id, state }) =>
          ids.has(id) &&
          state.status === 'running' &&
          Date.parse(state.startedAt ?? '') > Date.parse(startedAt),
      )
  }

  /** Whether a service shares namespaces with a container that it names itself. */
  areNamed(service: Pick<Service, 'namespaces'>, { id, name }: Container): boolean {
    return sharedModes(service).some((mode) =>
      [`container:${name}`, `container:${id}`].includes(mode),
    )
  }

  #settled(service: Pick<Service, 'project'>, mode: SharedMode): Container | undefined {
    const holder = this.#inPlace(service, mode)
    if (holder?.origin.kind !== 'declared') return holder
    const { configHash, service: own } = holder.origin
    const wanted = this.#options.desiredHash(keyOf(own))
    const isStaying = configHash === wanted || holder.state.refused?.configHash === wanted
    return isStaying ? holder : undefined
  }

  #inPlace({ project }: Pick<Service, 'project'>, mode: SharedMode): Container | undefined {
    const name = serviceIn(mode)
    if (name !== undefined)
      return this.#options
        .containersOf(keyOf({ project, name }))
        .find(({ origin }) => origin.successor === undefined)
    const wanted = mode.slice('container:'.length)
    return this.#options.all().find((one) => one.name === wanted || one.id === wanted)
  }
}
