// Imports the files it is given, so that many programs share one process.
for (const file of process.argv.slice(2)) await import(file);
