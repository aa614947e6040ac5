// What an observed object is called everywhere: by its class and its label. Pure.

/**
 * Returns class and label, once where one says what the other does; empty if neither is known.
 * @example objectName('[1179832]', 'LoroDoc') // 'LoroDoc [1179832]'
 * @example objectName('Session 7', 'Session') // 'Session 7'
 */
export function objectName(label: string, className: string | undefined): string {
  if (className === undefined || className === '') return label;
  if (label === '') return className;
  // That something is an object is no news, and "session 7" says what it is.
  const isSaid = className === 'Object' || label.toLowerCase().includes(className.toLowerCase());
  return isSaid ? label : `${className} ${label}`;
}
