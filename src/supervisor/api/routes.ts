import { containerRoutes } from './containers/routes.ts'
import { imageRoutes } from './images/routes.ts'
import { networkRoutes } from './networks/routes.ts'
import type { Route } from './request.ts'
import { hostRoutes } from './slipway/host.ts'
import { slipwayRoutes } from './slipway/routes.ts'
import { systemRoutes } from './system/routes.ts'
import { volumeRoutes } from './volumes/routes.ts'

/** Docker's Engine API as far as we have it, and what is our own under /slipway. */
export const routes: readonly Route[] = [
  ...systemRoutes,
  ...containerRoutes,
  ...networkRoutes,
  ...volumeRoutes,
  ...imageRoutes,
  ...slipwayRoutes,
  ...hostRoutes,
]
