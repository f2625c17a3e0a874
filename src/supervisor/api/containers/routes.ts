import type { Route } from '../request.ts'
import { exportContainer, readArchive, statPath, writeArchive } from './archive.ts'
import { attach } from './attach.ts'
import { answerChanges } from './changes.ts'
import { createContainer } from './create.ts'
import { createExec, inspectExec, resizeExec, startExec } from './exec.ts'
import { ofContainer } from './find.ts'
import { inspectContainer, topContainer } from './inspect.ts'
import { listContainers } from './list.ts'
import { answerLogs } from './logs.ts'
import { pruneContainers, removeContainer } from './remove.ts'
import {
  killContainer,
  pauseContainer,
  renameContainer,
  resizeContainer,
  restartContainer,
  startContainer,
  stopContainer,
  unpauseContainer,
} from './run.ts'
import { answerStats } from './stats.ts'
import { updateContainer } from './update.ts'
import { waitForContainer } from './wait.ts'

export const containerRoutes: readonly Route[] = [
  { methods: ['GET'], path: '/containers/json', role: 'read-only', answer: listContainers },
  { methods: ['POST'], path: '/containers/create', answer: createContainer },
  { methods: ['POST'], path: '/containers/prune', answer: pruneContainers },
  {
    methods: ['GET'],
    path: '/containers/{id}/json',
    role: 'read-only',
    answer: ofContainer(inspectContainer),
  },
  {
    methods: ['GET'],
    path: '/containers/{id}/logs',
    role: 'read-only',
    answer: ofContainer(answerLogs),
  },
  {
    methods: ['GET'],
    path: '/containers/{id}/top',
    role: 'read-only',
    answer: ofContainer(topContainer),
  },
  {
    methods: ['POST'],
    path: '/containers/{id}/start',
    role: 'operator',
    answer: ofContainer(startContainer),
  },
  {
    methods: ['POST'],
    path: '/containers/{id}/stop',
    role: 'operator',
    answer: ofContainer(stopContainer),
  },
  {
    methods: ['POST'],
    path: '/containers/{id}/restart',
    role: 'operator',
    answer: ofContainer(restartContainer),
  },
  { methods: ['POST'], path: '/containers/{id}/kill', role: 'operator', answer: killContainer },
  {
    methods: ['POST'],
    path: '/containers/{id}/pause',
    role: 'operator',
    answer: ofContainer(pauseContainer),
  },
  {
    methods: ['POST'],
    path: '/containers/{id}/unpause',
    role: 'operator',
    answer: ofContainer(unpauseContainer),
  },
  {
    methods: ['POST'],
    path: '/containers/{id}/wait',
    role: 'read-only',
    answer: ofContainer(waitForContainer),
  },
  {
    methods: ['POST'],
    path: '/containers/{id}/rename',
    role: 'operator',
    answer: ofContainer(renameContainer),
  },
  { methods: ['POST'], path: '/containers/{id}/resize', answer: ofContainer(resizeContainer) },
  {
    methods: ['POST'],
    path: '/containers/{id}/update',
    role: 'operator',
    answer: ofContainer(updateContainer),
  },
  { methods: ['POST'], path: '/containers/{id}/attach', answer: ofContainer(attach) },
  { methods: ['POST'], path: '/containers/{id}/exec', answer: ofContainer(createExec) },
  {
    methods: ['GET'],
    path: '/containers/{id}/stats',
    role: 'read-only',
    answer: ofContainer(answerStats),
  },
  { methods: ['HEAD'], path: '/containers/{id}/archive', answer: ofContainer(statPath) },
  { methods: ['GET'], path: '/containers/{id}/archive', answer: ofContainer(readArchive) },
  { methods: ['PUT'], path: '/containers/{id}/archive', answer: ofContainer(writeArchive) },
  { methods: ['GET'], path: '/containers/{id}/export', answer: ofContainer(exportContainer) },
  {
    methods: ['GET'],
    path: '/containers/{id}/changes',
    role: 'read-only',
    answer: ofContainer(answerChanges),
  },
  { methods: ['DELETE'], path: '/containers/{id}', answer: ofContainer(removeContainer) },
  { methods: ['POST'], path: '/exec/{id}/start', answer: startExec },
  { methods: ['POST'], path: '/exec/{id}/resize', answer: resizeExec },
  { methods: ['GET'], path: '/exec/{id}/json', answer: inspectExec },
]
