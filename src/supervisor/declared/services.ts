import { some } from '../../json/some.ts'
import type { Declaration } from '../compose/directory.ts'
import type { Service } from '../compose/service.ts'
import type { Container, Refusal } from '../containers/container.ts'
import { configHash } from '../containers/identity.ts'
import { restartInMs } from '../containers/restart.ts'
import type { ContainerStore } from '../containers/store.ts'
import type { ImageStore } from '../images/store.ts'
import { isSameName } from '../images/stored-image.ts'
import {
  type CurrentContainer,
  type DesiredService,
  isAsWanted,
  type Step,
  steps,
} from '../plan/steps.ts'
import { defaultMonitorMs, trialOf } from '../plan/trial.ts'
import { type DependencyState, dependenciesNotMet } from '../plan/waits.ts'
import { DeclaredHolders } from './holders.ts'
import { isRefreshed } from './image-freshness.ts'
import { type DeclaredContainer, isDeclared, keyOf } from './service-key.ts'

export type DeclaredServicesOptions = {
  readonly store: Pick<ContainerStore, 'all'>
  readonly images: Pick<ImageStore, 'find'>
  readonly bootId: string
  readonly declaration: () => Declaration
  /** A registry is to be asked before a container is made of an image that is here. */
  readonly isDue: (service: Service) => Promise<boolean>
}

/** The services of the host as the files say and as their containers are, each by its key. */
export class DeclaredServices {
  readonly #options: DeclaredServicesOptions

  /** Whom services share namespaces with. */
  readonly holders: DeclaredHolders

  constructor(options: DeclaredServicesOptions) {
    this.#options = options
    this.holders = new DeclaredHolders({
      all: () => options.store.all,
      containersOf: (key) => this.containersOf(key),
      desiredHash: (key) => this.desired(key)?.configHash,
    })
  }

  /** Of all services that are declared or have containers. */
  get keys(): readonly string[] {
    return [
      ...new Set([
        ...this.#containers.map(({ origin }) => keyOf(origin.service)),
        ...this.#declared.map(keyOf),
      ]),
    ]
  }

  /** What the files say about a service; a file with problems leaves its containers as they are. */
  desired(key: string): DesiredService | undefined {
    const { projects, failedFiles } = this.#options.declaration()
    for (const { services, file } of projects)
      for (const service of services)
        if (keyOf(service) === key) return { service, configHash: configHash(service), file }
    return this.containersOf(key)
      .map(({ origin }) => origin)
      .find(({ file, successor }) => successor === undefined && failedFiles.includes(file))
  }

  containersOf(key: string): readonly DeclaredContainer[] {
    return this.#containers.filter(({ origin }) => keyOf(origin.service) === key)
  }

  /** Keys of what a service depends on, as the files say now; of one that left them, its record. */
  dependencies(key: string): readonly string[] {
    const service = this.desired(key)?.service ?? this.containersOf(key)[0]?.origin.service
    if (service === undefined) return []
    return (service.dependsOn ?? []).flatMap((name) => this.#keysOf(service.project, name))
  }

  /** Keys of those that depend on a service. */
  dependants(key: string): readonly string[] {
    return this.keys.filter((other) => this.dependencies(other).includes(key))
  }

  /** Keys of those that share namespaces with a container that they name. */
  sharing(container: Container): readonly string[] {
    return this.#declared.filter((service) => this.holders.areNamed(service, container)).map(keyOf)
  }

  /** Keys of services that are to have what the name of an image means now. */
  refreshedBy(reference: string): readonly string[] {
    return this.#declared
      .filter((service) => isRefreshed(service) && isSameName(service.image, reference))
      .map(keyOf)
  }

  /** What a service that was not yet started in this boot waits for: services that are not as it needs them. */
  waitsFor(service: Service): readonly string[] {
    if (this.#wasStarted(keyOf(service))) return []
    return dependenciesNotMet(service, (name) => {
      const states = this.#keysOf(service.project, name).map((key) => this.#stateOf(key))
      return {
        wasStarted: states.every(({ wasStarted }) => wasStarted),
        isHealthy: states.every(({ isHealthy }) => isHealthy),
        hasSucceeded: states.every(({ hasSucceeded }) => hasSucceeded),
      }
    })
  }

  /** A service without containers that no file declares any more. */
  isForgotten(key: string): boolean {
    return this.desired(key) === undefined && this.containersOf(key).length === 0
  }

  /** What is to be done for a service, the next step first. */
  async steps(key: string): Promise<readonly Step[]> {
    const desired = this.desired(key)
    const { images, isDue } = this.#options
    const find = async () => desired && (await images.find(desired.service.image))
    // Looked up only when it matters: it reads the store's records.
    const latest = desired !== undefined && isRefreshed(desired.service) ? await find() : undefined
    const containers = this.containersOf(key).map((container) =>
      this.#current(container, desired, latest?.configDigest),
    )
    const isNew = desired !== undefined && !containers.some((one) => isAsWanted(one, desired))
    const imagePresent =
      !isNew || ((latest ?? (await find())) !== undefined && !(await isDue(desired.service)))
    const waitsFor = desired === undefined ? [] : this.waitsFor(desired.service)
    const lacksHolder = desired !== undefined && this.holders.of(desired.service) === undefined
    return steps({ containers, imagePresent, waitsFor, lacksHolder }, desired)
  }

  /** `latest` is the image that the service is to have now, whatever it had before. */
  #current(
    container: DeclaredContainer,
    desired: DesiredService | undefined,
    latest: string | undefined,
  ): CurrentContainer {
    const { bootId } = this.#options
    const { id, origin, state, spec, image } = container
    const { service, configHash, successor } = origin
    const monitorMs = desired?.service.updateMonitorMs ?? defaultMonitorMs
    return {
      id,
      configHash,
      service,
      status: state.status,
      startedThisBoot: state.bootId === bootId,
      restartDue: restartInMs({ spec, state }) === 0,
      outdated:
        this.#isOutdated(desired?.service, state.startedAt) ||
        this.holders.haveStartedSince(container),
      stray: this.holders.haveLeft(container, bootId),
      setAside: state.setAside === true,
      trial: trialOf({ spec, image, state }, bootId, monitorMs, Date.now()),
      ...(successor === undefined ? {} : { successor }),
      image: image.configDigest,
      otherImage: latest !== undefined && latest !== image.configDigest,
      ...some('refused', refusedHash(state.refused, latest)),
    }
  }

  /** Something that it is restarted with has been replaced since it was started. */
  #isOutdated(service: Service | undefined, startedAt: string | undefined): boolean {
    if (service === undefined || startedAt === undefined) return false
    return (service.restartWith ?? [])
      .flatMap((name) => this.#keysOf(service.project, name))
      .flatMap((key) => this.containersOf(key))
      .some(({ state }) => Date.parse(state.inPlaceSince ?? '') > Date.parse(startedAt))
  }

  #wasStarted(key: string): boolean {
    return this.containersOf(key).some(
      ({ state }) =>
        state.status === 'running' ||
        (state.status === 'exited' && state.bootId === this.#options.bootId),
    )
  }

  #stateOf(key: string): DependencyState {
    const states = this.containersOf(key).map(({ state }) => state)
    return {
      wasStarted: this.#wasStarted(key),
      isHealthy: states.some(({ status, health }) => status === 'running' && health === 'healthy'),
      hasSucceeded: states.some(
        ({ status, exitCode, bootId }) =>
          status === 'exited' && exitCode === 0 && bootId === this.#options.bootId,
      ),
    }
  }

  /** Of the containers that a service is to have; one that no file declares is none that has been started. */
  #keysOf(project: string, name: string): readonly string[] {
    const keys = this.#declared
      .filter((service) => service.project === project && service.name === name)
      .map(keyOf)
    return keys.length > 0 ? keys : [keyOf({ project, name })]
  }

  get #declared(): readonly Service[] {
    return this.#options.declaration().projects.flatMap(({ services }) => services)
  }

  get #containers(): readonly DeclaredContainer[] {
    return this.#options.store.all.filter(isDeclared)
  }
}

/** Another image of the same declaration may do better. */
function refusedHash(refused: Refusal | undefined, latest: string | undefined): string | undefined {
  const isOther = latest !== undefined && refused?.image !== undefined && refused.image !== latest
  return isOther ? undefined : refused?.configHash
}
