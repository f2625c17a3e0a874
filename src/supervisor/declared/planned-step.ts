import { shortId } from '../containers/identity.ts'
import { type Step, toBeCreated } from '../plan/steps.ts'

/** A step as it is shown before it is carried out. */
export type PlannedStep = {
  readonly kind: Step['kind']
  /** The container that it is about: its short id, or `new` for one that an earlier step creates. */
  readonly container?: string
  readonly image?: string
  readonly name?: string
  readonly reason?: string
}

/** What is to be done for one service, in order, as far as all goes well. */
export type PlannedService = {
  /** `project/service`, with its number where it has several containers. */
  readonly service: string
  readonly steps: readonly PlannedStep[]
}

export function plannedStep(step: Step): PlannedStep {
  const { kind } = step
  switch (step.kind) {
    case 'pullImage':
    case 'requireImage':
      return { kind, image: step.reference }
    case 'createContainer': {
      const { image, containerName } = step.desired.service
      return { kind, image, ...(step.successor ? {} : { name: containerName }) }
    }
    case 'takeName':
      return { kind, container: shown(step.id), name: step.name }
    case 'refuseSuccessor':
      return { kind, container: shown(step.id), reason: step.reason }
    default:
      return { kind, container: shown(step.id) }
  }
}

function shown(id: string): string {
  return id === toBeCreated ? id : shortId(id)
}
