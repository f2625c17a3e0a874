import { describeError, type Log } from '../../journal/log.ts'
import type { Declaration } from '../compose/directory.ts'
import type { Container } from '../containers/container.ts'
import { keyOf } from '../declared/service-key.ts'
import type { ImageStore } from '../images/store.ts'
import { canonicalName } from '../images/stored-image.ts'
import { type InUse, imagesInUse } from '../release-images/in-use.ts'
import type { ReleaseImageKeeper } from '../release-images/keeper.ts'
import type { Needed } from './order.ts'
import type { PreviousImages } from './previous-images.ts'

export type ImageNeedsOptions = {
  readonly images: ImageStore
  readonly releaseImages: ReleaseImageKeeper
  readonly previousImages: PreviousImages
  readonly containers: () => readonly Container[]
  readonly declaration: () => Declaration
  readonly log: Log
}

/** Which images the host cannot do without: those of containers, of Compose files and of releases. */
export class ImageNeeds {
  readonly #options: ImageNeedsOptions

  constructor(options: ImageNeedsOptions) {
    this.#options = options
  }

  inUse(): InUse {
    return imagesInUse(this.#options.containers(), this.#options.declaration())
  }

  /** What no full disk takes away. */
  needed(): Needed {
    const { containers, declaration, previousImages, releaseImages } = this.#options
    const { projects, failedFiles } = declaration()
    const keys = new Set(projects.flatMap(({ services }) => services.map(keyOf)))
    // A file that cannot be read now may declare any of them.
    const declared = failedFiles.length > 0 ? undefined : keys
    if (declared !== undefined) previousImages.forgetOthers(declared)
    const present = containers()
    const names = [...this.inUse().references, ...releaseImages.held.keys()]
    return {
      names: new Set(names.map(canonicalName)),
      ids: new Set([
        ...present.map(({ image }) => image.configDigest),
        ...previousImages.ids(declared, present),
      ]),
    }
  }

  /** A container is gone: its image was used until now, and may be that of a release that is gone. */
  async letGo({ image }: Container): Promise<void> {
    const { images, log } = this.#options
    try {
      await images.touch(image)
    } catch (error) {
      log.warning(`${image.reference}: ${describeError(error)}`)
    }
    await this.letGoOfReleases()
  }

  async letGoOfReleases(): Promise<void> {
    const { releaseImages, log } = this.#options
    try {
      await releaseImages.letGo(() => this.inUse())
    } catch (error) {
      log.error(`images of releases that are gone: ${describeError(error)}`)
    }
  }
}
