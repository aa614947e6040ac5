; Included into the Windows installer: offers Heapline for scripts under "Open with". OpenWithProgids only offers; the
; default value of an extension's key, which the installer's own associations write, would take scripts from the editor.
; The extensions are those of engine/protocol/run-description.ts; a test compares them.

!define HEAPLINE_SCRIPT "Heapline.Script"

!macro customInstall
  WriteRegStr SHELL_CONTEXT "Software\Classes\${HEAPLINE_SCRIPT}" "" "Script"
  WriteRegStr SHELL_CONTEXT "Software\Classes\${HEAPLINE_SCRIPT}\shell\open" "" "Open with Heapline"
  WriteRegStr SHELL_CONTEXT "Software\Classes\${HEAPLINE_SCRIPT}\shell\open\command" "" '"$appExe" "%1"'
  WriteRegNone SHELL_CONTEXT "Software\Classes\.js\OpenWithProgids" "${HEAPLINE_SCRIPT}"
  WriteRegNone SHELL_CONTEXT "Software\Classes\.mjs\OpenWithProgids" "${HEAPLINE_SCRIPT}"
  WriteRegNone SHELL_CONTEXT "Software\Classes\.cjs\OpenWithProgids" "${HEAPLINE_SCRIPT}"
  WriteRegNone SHELL_CONTEXT "Software\Classes\.ts\OpenWithProgids" "${HEAPLINE_SCRIPT}"
  WriteRegNone SHELL_CONTEXT "Software\Classes\.mts\OpenWithProgids" "${HEAPLINE_SCRIPT}"
  WriteRegNone SHELL_CONTEXT "Software\Classes\.cts\OpenWithProgids" "${HEAPLINE_SCRIPT}"
!macroend

!macro customUnInstall
  DeleteRegValue SHELL_CONTEXT "Software\Classes\.js\OpenWithProgids" "${HEAPLINE_SCRIPT}"
  DeleteRegValue SHELL_CONTEXT "Software\Classes\.mjs\OpenWithProgids" "${HEAPLINE_SCRIPT}"
  DeleteRegValue SHELL_CONTEXT "Software\Classes\.cjs\OpenWithProgids" "${HEAPLINE_SCRIPT}"
  DeleteRegValue SHELL_CONTEXT "Software\Classes\.ts\OpenWithProgids" "${HEAPLINE_SCRIPT}"
  DeleteRegValue SHELL_CONTEXT "Software\Classes\.mts\OpenWithProgids" "${HEAPLINE_SCRIPT}"
  DeleteRegValue SHELL_CONTEXT "Software\Classes\.cts\OpenWithProgids" "${HEAPLINE_SCRIPT}"
  DeleteRegKey SHELL_CONTEXT "Software\Classes\${HEAPLINE_SCRIPT}"
!macroend
