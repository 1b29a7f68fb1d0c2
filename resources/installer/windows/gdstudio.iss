; Inno Setup 6 script: iscc /DAppVersion=1.2.3 /DSource=..\..\..\dist\gdstudio gdstudio.iss
;
; For one person without administrator rights, or for all with them (/ALLUSERS).
; Silent, e.g. in a lab:  gdstudio-setup.exe /VERYSILENT /SUPPRESSMSGBOXES /NORESTART /ALLUSERS /LOG="install.log"
; Removing it silently keeps the person's own files unless /REMOVEUSERDATA is added.

#ifndef AppVersion
  #error Say which version it is: /DAppVersion=1.2.3
#endif
#ifndef Source
  #define Source "..\..\..\dist\gdstudio"
#endif
#define AppName "Gradient Descent Studio"
#define WindowExe "Gradient Descent Studio.exe"

[Setup]
AppId={{7C2D4B3E-1E0B-4B58-9A44-0E6B5D3A9F21}
AppName={#AppName}
AppVersion={#AppVersion}
AppVerName={#AppName} {#AppVersion}
DefaultDirName={autopf}\{#AppName}
DefaultGroupName={#AppName}
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog commandline
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
OutputBaseFilename=gdstudio-{#AppVersion}-windows-x64-setup
OutputDir=..\..\..\dist
Compression=lzma2/max
SolidCompression=yes
LZMAUseSeparateProcess=yes
LicenseFile=..\..\licenses\LICENSE-gdstudio.txt
SetupIconFile=..\..\icons\gdstudio.ico
UninstallDisplayIcon={app}\{#WindowExe}
ChangesAssociations=yes
ChangesEnvironment=yes
CloseApplications=yes
RestartApplications=no
WizardStyle=modern

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "de"; MessagesFile: "compiler:Languages\German.isl"
Name: "fr"; MessagesFile: "compiler:Languages\French.isl"
Name: "es"; MessagesFile: "compiler:Languages\Spanish.isl"

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; GroupDescription: "{cm:AdditionalIcons}"
Name: "association"; Description: "{cm:AssocFileExtension,{#AppName},.gdstudio}"; GroupDescription: "{cm:AdditionalIcons}"

[InstallDelete]
; An upgrade leaves nothing of the version before it: a stale module would be found by scanning.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "{#Source}\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

[Icons]
Name: "{group}\{#AppName}"; Filename: "{app}\{#WindowExe}"
Name: "{autodesktop}\{#AppName}"; Filename: "{app}\{#WindowExe}"; Tasks: desktopicon

[Registry]
; HKA is the whole machine's part of the registry or the person's own, as the program was installed.
Root: HKA; Subkey: "Software\Classes\.gdstudio\OpenWithProgids"; ValueType: string; ValueName: "gdstudio.project"; ValueData: ""; Flags: uninsdeletevalue; Tasks: association
Root: HKA; Subkey: "Software\Classes\gdstudio.project"; ValueType: string; ValueName: ""; ValueData: "{#AppName} project"; Flags: uninsdeletekey; Tasks: association
Root: HKA; Subkey: "Software\Classes\gdstudio.project\DefaultIcon"; ValueType: string; ValueName: ""; ValueData: "{app}\{#WindowExe},0"; Tasks: association
Root: HKA; Subkey: "Software\Classes\gdstudio.project\shell\open\command"; ValueType: string; ValueName: ""; ValueData: """{app}\{#WindowExe}"" ""%1"""; Tasks: association
; `gdstudio` in a terminal and in Run.
Root: HKA; Subkey: "Software\Microsoft\Windows\CurrentVersion\App Paths\gdstudio.exe"; ValueType: string; ValueName: ""; ValueData: "{app}\gdstudio.exe"; Flags: uninsdeletekey

[Run]
Filename: "{app}\{#WindowExe}"; Description: "{cm:LaunchProgram,{#AppName}}"; Flags: nowait postinstall skipifsilent

[Code]
procedure CurUninstallStepChanged(Step: TUninstallStep);
var
  Asked: Boolean;
begin
  if Step <> usPostUninstall then
    Exit;
  Asked := Pos('/REMOVEUSERDATA', UpperCase(GetCmdTail)) > 0;
  if not Asked and not UninstallSilent then
    Asked := MsgBox('Remove your settings and logs of Gradient Descent Studio too? Runs and projects that you saved '
      + 'are kept in any case.', mbConfirmation, MB_YESNO or MB_DEFBUTTON2) = IDYES;
  if Asked then
    DelTree(ExpandConstant('{localappdata}\gdstudio'), True, True, True);
end;
