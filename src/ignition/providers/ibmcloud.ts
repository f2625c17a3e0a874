import { cidataProvider } from './cidata.ts'

/** IBM Cloud: a drive cidata. */
export const ibmcloudProvider = cidataProvider('ibmcloud', { paths: ['/user-data'] })
