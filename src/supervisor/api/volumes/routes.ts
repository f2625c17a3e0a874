import type { Route } from '../request.ts'
import { createVolume } from './create.ts'
import { inspectVolume } from './inspect.ts'
import { listVolumes } from './list.ts'
import { pruneVolumes, removeVolume } from './remove.ts'

export const volumeRoutes: readonly Route[] = [
  { methods: ['GET'], path: '/volumes', role: 'read-only', answer: listVolumes },
  { methods: ['POST'], path: '/volumes/create', answer: createVolume },
  { methods: ['POST'], path: '/volumes/prune', answer: pruneVolumes },
  { methods: ['GET'], path: '/volumes/{name}', role: 'read-only', answer: inspectVolume },
  { methods: ['DELETE'], path: '/volumes/{name}', answer: removeVolume },
]
