import { problemText } from '../../checked-yaml/problem.ts'
import { describeError } from '../../journal/log.ts'
import { object, texts } from '../../json/value.ts'
import { imageSet } from '../release-images/image-set.ts'
import { containerDetails, containerSummary } from './container-json.ts'
import { answerLogs } from './container-logs.ts'
import {
  type ApiRequest,
  apiVersion,
  findContainer,
  HttpError,
  hungUp,
  minimumApiVersion,
  readJson,
  sendJson,
} from './request.ts'

export type Route = {
  readonly methods: readonly string[]
  readonly path: string
  answer(request: ApiRequest): void | Promise<void>
}

/** Docker's Engine API as far as we have it, and what is our own under /slipway. */
export const routes: readonly Route[] = [
  { methods: ['GET', 'HEAD'], path: '/_ping', answer: ping },
  { methods: ['GET'], path: '/version', answer: version },
  { methods: ['GET'], path: '/containers/json', answer: listContainers },
  { methods: ['GET'], path: '/containers/{id}/json', answer: inspectContainer },
  { methods: ['GET'], path: '/containers/{id}/logs', answer: answerLogs },
  { methods: ['GET'], path: '/slipway/status', answer: status },
  { methods: ['POST'], path: '/slipway/shutdown', answer: stopForShutdown },
  { methods: ['POST'], path: '/slipway/release-images', answer: takeReleaseImages },
]

function ping({ request, response }: ApiRequest): void {
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-cache, no-store' })
  response.end(request.method === 'HEAD' ? undefined : 'OK')
}

function version({ context, response }: ApiRequest): void {
  sendJson(response, {
    Platform: { Name: 'Slipway' },
    Version: context.version,
    ApiVersion: apiVersion,
    MinAPIVersion: minimumApiVersion,
    Os: 'linux',
    Arch: process.arch === 'x64' ? 'amd64' : process.arch,
  })
}

function listContainers({ context, query, response }: ApiRequest): void {
  if (query.get('filters') !== null) throw new HttpError(400, 'filters are not supported yet')
  const all = ['1', 'true', 'True'].includes(query.get('all') ?? '')
  const now = new Date()
  const shown = context.supervisor.containers
    .filter(({ state }) => all || state.status === 'running')
    .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
  sendJson(
    response,
    shown.map((container) => containerSummary(container, now)),
  )
}

function inspectContainer({ context, path: [name = ''], response }: ApiRequest): void {
  sendJson(response, containerDetails(findContainer(context, name)))
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
        const container = supervisor.containers.find(
          (one) => one.service.project === name && one.service.name === service.name,
        )
        return {
          name: service.name,
          container: container?.name ?? null,
          state: container?.state.status ?? 'missing',
          waitsFor: supervisor.waitsFor(service),
        }
      }),
    })),
    problems: problems.map(problemText),
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
