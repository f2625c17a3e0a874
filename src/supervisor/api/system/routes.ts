import { release as kernelRelease } from 'node:os'
import { type ApiRequest, type Route, sendJson } from '../request.ts'
import { apiVersion, minimumApiVersion } from '../versions.ts'
import { answerEvents } from './events.ts'
import { answerInfo } from './info.ts'

export const systemRoutes: readonly Route[] = [
  { methods: ['GET', 'HEAD'], path: '/_ping', role: 'read-only', answer: ping },
  { methods: ['GET'], path: '/version', role: 'read-only', answer: version },
  { methods: ['GET'], path: '/info', role: 'read-only', answer: answerInfo },
  { methods: ['GET'], path: '/events', role: 'read-only', answer: answerEvents },
]

function ping({ request, response }: ApiRequest): void {
  const head = request.method === 'HEAD'
  response.writeHead(200, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-cache, no-store, must-revalidate',
    Pragma: 'no-cache',
    // Images are not built here: clients must not look for BuildKit.
    'Builder-Version': '1',
    Swarm: 'inactive',
    'Content-Length': head ? 0 : 2,
  })
  response.end(head ? undefined : 'OK')
}

function version({ context, response }: ApiRequest): void {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch
  sendJson(response, {
    Platform: { Name: 'Slipway' },
    Components: [
      {
        Name: 'Engine',
        Version: context.version,
        Details: {
          ApiVersion: apiVersion,
          Experimental: 'false',
          MinAPIVersion: minimumApiVersion,
          Os: 'linux',
          Arch: arch,
        },
      },
    ],
    Version: context.version,
    ApiVersion: apiVersion,
    MinAPIVersion: minimumApiVersion,
    GitCommit: '',
    GoVersion: '',
    Os: 'linux',
    Arch: arch,
    KernelVersion: kernelRelease(),
    BuildTime: '',
  })
}
