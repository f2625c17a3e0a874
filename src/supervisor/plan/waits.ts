import type { Service } from '../compose/service.ts'

/** What has become of a service since the host booted. */
export type DependencyState = {
  readonly wasStarted: boolean
  readonly isHealthy: boolean
  /** It has ended with the exit code 0. */
  readonly hasSucceeded: boolean
}

/** Those that a service has to wait for still, among those that it depends on. */
export function dependenciesNotMet(
  { dependsOn = [], conditions = {} }: Pick<Service, 'dependsOn' | 'conditions'>,
  stateOf: (name: string) => DependencyState,
): readonly string[] {
  return dependsOn.filter((name) => {
    const condition = conditions[name]
    const { wasStarted, isHealthy, hasSucceeded } = stateOf(name)
    if (condition === 'service_healthy') return !isHealthy
    return condition === 'service_completed_successfully' ? !hasSucceeded : !wasStarted
  })
}
