// Where the page begins, in the desktop application and in a browser alike.

import { mountApplication } from './mount-application.ts';
import { connectToHost } from './transport/connect-to-host.ts';

mountApplication('#app', connectToHost);
