import type { Driver, LaunchOptions } from './driver.ts';
export async function launchElectron(_options: LaunchOptions): Promise<Driver> {
  throw new Error('later');
}
