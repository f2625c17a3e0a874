import { problemText } from '../../../checked-yaml/problem.ts'
import { describeError } from '../../../journal/log.ts'
import { object, optional, textMap, texts } from '../../../json/value.ts'
import { isDeclared, keyOf } from '../../declared/service-key.ts'
import { imageSet } from '../../release-images/image-set.ts'
import { type ApiRequest, hungUp, type Route, readJson, sendJson } from '../request.ts'

/** What is our own: slipctl and the units of the host ask it. */
export const slipwayRoutes: readonly Route[] = [
  { methods: ['GET'], path: '/slipway/status', role: 'read-only', answer: status },
  { methods: ['GET'], path: '/slipway/debug', role: 'read-only', answer: debugSettings },
  { methods: ['GET'], path: '/slipway/services', role: 'read-only', answer: services },
  { methods: ['POST'], path: '/slipway/plan', answer: plan },
  { methods: ['POST'], path: '/slipway/apply', answer: apply },
  { methods: ['POST'], path: '/slipway/shutdown', answer: stopForShutdown },
  { methods: ['POST'], path: '/slipway/release-images', answer: takeReleaseImages },
]

/** What `slipctl debug` may do on this host. */
function debugSettings({ context: { debug }, response }: ApiRequest): void {
  sendJson(response, { host: debug?.host === true, image: debug?.image ?? null })
}

/** What containers offer, and where that is made known. */
async function services({ context: { hostServices }, response }: ApiRequest): Promise<void> {
  const { title, problem } = hostServices.backend ?? {}
  sendJson(response, {
    services: await hostServices.all(),
    backend: title === undefined ? null : { title, problem: problem ?? null },
  })
}

/** What would be done with the files as they are, or with others in their place. */
async function plan({ context, request, response }: ApiRequest): Promise<void> {
  const files = await readJson(request, (body) =>
    optional(object(body, 'the plan').files, 'files', textMap),
  )
  const { problems, services } = await context.supervisor.plan(files ?? {})
  sendJson(response, { problems: problems.map(problemText), services })
}

/** Carries out what the files say, and what failed before; answers when nothing is left to do now. */
async function apply({ context, response }: ApiRequest): Promise<void> {
  await context.supervisor.apply()
  sendJson(response, {})
}

/** Stops all containers. Whoever asks ends the connection when the time for it is up. */
async function stopForShutdown({ context, response }: ApiRequest): Promise<void> {
  await context.supervisor.stopContainers(hungUp(response))
  sendJson(response, {})
}

/** Brings the images of a release that is to be taken; whoever asks hangs up to have it stopped. */
async function takeReleaseImages({ context, request, response }: ApiRequest): Promise<void> {
  const gone = hungUp(response)
  const release = await readJson(request, (body) => ({
    ...imageSet(body, 'the release'),
    bootable: texts(object(body, 'the release').bootable, 'bootable'),
  }))
  await context.supervisor.takeReleaseImages(release, gone)
  sendJson(response, {})
}

/** What is declared, what is wrong with it, and which services are not as declared. */
function status({ context: { supervisor, version }, response }: ApiRequest): void {
  const { projects, problems } = supervisor.declaration
  sendJson(response, {
    version,
    projects: projects.map(({ name, file, services }) => ({
      name,
      file,
      services: services.map((service) => {
        const containers = supervisor.containers
          .filter(isDeclared)
          .filter(({ origin }) => keyOf(origin.service) === keyOf(service))
        const container = containers.find(({ origin }) => origin.successor === undefined)
        const successor = containers.find(({ origin }) => origin.successor !== undefined)
        return {
          name: service.name,
          container: container?.name ?? null,
          state: container?.state.status ?? 'missing',
          successor: successor?.name ?? null,
          waitsFor: supervisor.waitsFor(service),
        }
      }),
    })),
    problems: problems.map(problemText),
    refusals: supervisor.refusals,
    failures: supervisor.failures.map((failure) => ({
      project: failure.project,
      service: failure.service,
      step: failure.step,
      error: describeError(failure.error),
      count: failure.count,
      retryAt: failure.retryAt.toISOString(),
    })),
  })
}
