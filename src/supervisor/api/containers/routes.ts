import type { Route } from '../request.ts'
import { exportContainer, readArchive, statPath, writeArchive } from './archive.ts'
import { attach } from './attach.ts'
import { answerChanges } from './changes.ts'
import { createContainer } from './create.ts'
import { createExec, inspectExec, resizeExec, startExec } from './exec.ts'
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
  { methods: ['GET'], path: '/containers/{id}/json', role: 'read-only', answer: inspectContainer },
  { methods: ['GET'], path: '/containers/{id}/logs', role: 'read-only', answer: answerLogs },
  { methods: ['GET'], path: '/containers/{id}/top', role: 'read-only', answer: topContainer },
  { methods: ['POST'], path: '/containers/{id}/start', role: 'operator', answer: startContainer },
  { methods: ['POST'], path: '/containers/{id}/stop', role: 'operator', answer: stopContainer },
  {
    methods: ['POST'],
    path: '/containers/{id}/restart',
    role: 'operator',
    answer: restartContainer,
  },
  { methods: ['POST'], path: '/containers/{id}/kill', role: 'operator', answer: killContainer },
  { methods: ['POST'], path: '/containers/{id}/pause', role: 'operator', answer: pauseContainer },
  {
    methods: ['POST'],
    path: '/containers/{id}/unpause',
    role: 'operator',
    answer: unpauseContainer,
  },
  { methods: ['POST'], path: '/containers/{id}/wait', role: 'read-only', answer: waitForContainer },
  { methods: ['POST'], path: '/containers/{id}/rename', role: 'operator', answer: renameContainer },
  { methods: ['POST'], path: '/containers/{id}/resize', answer: resizeContainer },
  { methods: ['POST'], path: '/containers/{id}/update', role: 'operator', answer: updateContainer },
  { methods: ['POST'], path: '/containers/{id}/attach', answer: attach },
  { methods: ['POST'], path: '/containers/{id}/exec', answer: createExec },
  { methods: ['GET'], path: '/containers/{id}/stats', role: 'read-only', answer: answerStats },
  { methods: ['HEAD'], path: '/containers/{id}/archive', answer: statPath },
  { methods: ['GET'], path: '/containers/{id}/archive', answer: readArchive },
  { methods: ['PUT'], path: '/containers/{id}/archive', answer: writeArchive },
  { methods: ['GET'], path: '/containers/{id}/export', answer: exportContainer },
  { methods: ['GET'], path: '/containers/{id}/changes', role: 'read-only', answer: answerChanges },
  { methods: ['DELETE'], path: '/containers/{id}', answer: removeContainer },
  { methods: ['POST'], path: '/exec/{id}/start', answer: startExec },
  { methods: ['POST'], path: '/exec/{id}/resize', answer: resizeExec },
  { methods: ['GET'], path: '/exec/{id}/json', answer: inspectExec },
]
