// What the extension host prints in a window in which nothing can be tested.

/** Now and then the newest VS Code never tells its extension host of the window's folders, though the window shows them. */
export const WITHOUT_FOLDERS = "VS Code did not tell this extension host of the window's folders";
