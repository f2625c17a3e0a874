import { serveBusybox } from './busybox-image.ts'
import { Docker } from './docker.ts'
import { type CleanUps, type RunningCommand, World } from './world.ts'

/** A host with a running supervisor, and an image that it has. */
export type Host = {
  readonly world: World
  readonly docker: Docker
  readonly image: string
  readonly supervisor: RunningCommand
}

/** Containers of the tests are made from what a declared one has brought. */
export const declaration = (image: string) =>
  `services: { seed: { image: "${image}", command: [sleep, "100000"], stop_grace_period: 100ms } }`

/** @param settings sections of the supervisor's settings beside `registries` */
export async function startHost(context: CleanUps, settings: object = {}): Promise<Host> {
  const world = await World.open(context)
  const image = await serveBusybox(world, settings)
  await world.declare('base.yaml', declaration(image))
  const supervisor = await world.startSupervisor()
  await supervisor.said(/started container base-seed-1/)
  return { world, docker: new Docker(world), image, supervisor }
}
