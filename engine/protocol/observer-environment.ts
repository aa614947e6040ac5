// The one name that the session and the probe share outside messages. Apart, because the probe loads into the program's
// own heap and must not bring a schema library along.

/**
 * How the session tells the observer what to do: JSON (`ObserverOptions`) in this environment variable, which the probe
 * removes before the program can see it (and so that the program's own children are not observed by accident).
 */
export const OBSERVER_ENVIRONMENT_VARIABLE = 'HEAPLINE_OBSERVER';
