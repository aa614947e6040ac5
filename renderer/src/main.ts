// Where the page begins, in the desktop application and in a browser alike.

import { mountApplication } from './mount-application.ts';
import { hostConnection } from './transport/host-connection.ts';

mountApplication('#app', hostConnection());
