import type { Route } from '../request.ts'
import { connectNetwork, disconnectNetwork } from './connect.ts'
import { createNetwork } from './create.ts'
import { inspectNetwork } from './inspect.ts'
import { listNetworks } from './list.ts'
import { pruneNetworks, removeNetwork } from './remove.ts'

export const networkRoutes: readonly Route[] = [
  { methods: ['GET'], path: '/networks', role: 'read-only', answer: listNetworks },
  { methods: ['POST'], path: '/networks/create', answer: createNetwork },
  { methods: ['POST'], path: '/networks/prune', answer: pruneNetworks },
  { methods: ['GET'], path: '/networks/{id}', role: 'read-only', answer: inspectNetwork },
  { methods: ['POST'], path: '/networks/{id}/connect', answer: connectNetwork },
  { methods: ['POST'], path: '/networks/{id}/disconnect', answer: disconnectNetwork },
  { methods: ['DELETE'], path: '/networks/{id}', answer: removeNetwork },
]
