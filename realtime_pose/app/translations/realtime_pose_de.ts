<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en">
<context>
    <name>@default</name>
    <message>
        <source>Replay</source>
        <translation>Nochmal</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>Unexpected {kind}: {error}</source>
        <translation>Unerwarteter Fehler {kind}: {error}</translation>
    </message>
    <message>
        <source>{label} has stalled</source>
        <translation>{label} steht still</translation>
    </message>
    <message>
        <source>Reconnecting to {label} …</source>
        <translation>Neue Verbindung zu {label} …</translation>
    </message>
    <message>
        <source>{label} rejects the user name or password</source>
        <translation>{label} lehnt Benutzername oder Passwort ab</translation>
    </message>
    <message>
        <source>{label} was not found</source>
        <translation>{label} wurde nicht gefunden</translation>
    </message>
    <message>
        <source>Opening {label} …</source>
        <translation>{label} wird geöffnet …</translation>
    </message>
    <message>
        <source>Loading the models and opening the source</source>
        <translation>Modelle werden geladen, die Quelle wird geöffnet</translation>
    </message>
    <message>
        <source>Closing …</source>
        <translation>Wird geschlossen …</translation>
    </message>
    <message>
        <source>Finishing the files</source>
        <translation>Dateien werden fertiggestellt</translation>
    </message>
    <message>
        <source> · post-roll</source>
        <translation> · Nachlauf</translation>
    </message>
    <message>
        <source>waits for a picture</source>
        <translation>wartet auf ein Bild</translation>
    </message>
    <message>
        <source>● REC</source>
        <translation>● AUFN</translation>
    </message>
    <message>
        <source>■ Not recording: {why}</source>
        <translation>■ Keine Aufnahme: {why}</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>Angehalten</translation>
    </message>
    <message>
        <source>Not analysed yet</source>
        <translation>Noch nicht ausgewertet</translation>
    </message>
    <message numerus="yes">
        <source>Crowd: time for {posed} of %n person(s)</source>
        <translation>
            <numerusform>Menge: Zeit für {posed} von %n Person</numerusform>
            <numerusform>Menge: Zeit für {posed} von %n Personen</numerusform>
        </translation>
    </message>
    <message>
        <source>Skeletons {age} s old</source>
        <translation>Skelette {age} s alt</translation>
    </message>
    <message>
        <source>Slow computer: {reduced}</source>
        <translation>Langsamer Rechner: {reduced}</translation>
    </message>
    <message>
        <source>{label} is lost</source>
        <translation>{label} ist verloren</translation>
    </message>
    <message>
        <source>Waiting for the first picture from {label} …</source>
        <translation>Warten auf das erste Bild von {label} …</translation>
    </message>
    <message>
        <source>{label} cannot be opened</source>
        <translation>{label} lässt sich nicht öffnen</translation>
    </message>
    <message>
        <source>{label} has stopped</source>
        <translation>{label} ist stehen geblieben</translation>
    </message>
    <message>
        <source>{label} has ended</source>
        <translation>{label} ist zu Ende</translation>
    </message>
    <message numerus="yes">
        <source>%n frame(s).</source>
        <translation>
            <numerusform>%n Bild.</numerusform>
            <numerusform>%n Bilder.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n picture(s).</source>
        <translation>
            <numerusform>%n Bild.</numerusform>
            <numerusform>%n Bilder.</numerusform>
        </translation>
    </message>
    <message>
        <source>Left out, because they could not be read: {count}.</source>
        <translation>Ausgelassen, weil sie nicht lesbar waren: {count}.</translation>
    </message>
    <message>
        <source>Saved {path}</source>
        <translation>Gespeichert: {path}</translation>
    </message>
    <message>
        <source>Pause or resume; after the end, play again</source>
        <translation>Anhalten oder weiter; nach dem Ende nochmal abspielen</translation>
    </message>
    <message>
        <source>Record</source>
        <translation>Aufnahme</translation>
    </message>
    <message>
        <source>Start or finish a recording</source>
        <translation>Aufnahme beginnen oder beenden</translation>
    </message>
    <message>
        <source>Snapshot</source>
        <translation>Foto</translation>
    </message>
    <message>
        <source>Save the picture with its overlay, in the size of the source</source>
        <translation>Das Bild mit Einblendungen speichern, in der Größe der Quelle</translation>
    </message>
    <message>
        <source>Skeletons</source>
        <translation>Skelette</translation>
    </message>
    <message>
        <source>Show skeletons</source>
        <translation>Skelette zeigen</translation>
    </message>
    <message>
        <source>Boxes</source>
        <translation>Rahmen</translation>
    </message>
    <message>
        <source>Show boxes</source>
        <translation>Rahmen zeigen</translation>
    </message>
    <message>
        <source>IDs</source>
        <translation>Nummern</translation>
    </message>
    <message>
        <source>Show the number of each person</source>
        <translation>Die Nummer jeder Person zeigen</translation>
    </message>
    <message>
        <source>Trails</source>
        <translation>Spuren</translation>
    </message>
    <message>
        <source>Show where each person came from</source>
        <translation>Zeigen, woher jede Person kam</translation>
    </message>
    <message>
        <source>Figures</source>
        <translation>Zahlen</translation>
    </message>
    <message>
        <source>Show frame rate, age and number of persons in the picture</source>
        <translation>Bildrate, Alter und Zahl der Personen im Bild zeigen</translation>
    </message>
    <message>
        <source>Frame back</source>
        <translation>Bild zurück</translation>
    </message>
    <message>
        <source>Pause, and show the frame or the picture before</source>
        <translation>Anhalten und das Bild davor zeigen</translation>
    </message>
    <message>
        <source>Next frame</source>
        <translation>Nächstes Bild</translation>
    </message>
    <message>
        <source>Pause, and show the next frame or picture</source>
        <translation>Anhalten und das nächste Bild zeigen</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Five seconds back; the picture before</source>
        <translation>Fünf Sekunden zurück; das Bild davor</translation>
    </message>
    <message>
        <source>Forward</source>
        <translation>Vor</translation>
    </message>
    <message>
        <source>Five seconds on; the next picture</source>
        <translation>Fünf Sekunden vor; das nächste Bild</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>Anfang</translation>
    </message>
    <message>
        <source>Go to the start of the file</source>
        <translation>An den Anfang der Datei</translation>
    </message>
    <message>
        <source>Slower</source>
        <translation>Langsamer</translation>
    </message>
    <message>
        <source>Play a file more slowly</source>
        <translation>Eine Datei langsamer abspielen</translation>
    </message>
    <message>
        <source>Faster</source>
        <translation>Schneller</translation>
    </message>
    <message>
        <source>Play a file faster; at the end of the list as fast as possible</source>
        <translation>Eine Datei schneller abspielen; am Ende der Liste so schnell wie möglich</translation>
    </message>
    <message>
        <source>Loop</source>
        <translation>Schleife</translation>
    </message>
    <message>
        <source>Play a file again and again</source>
        <translation>Eine Datei immer wieder abspielen</translation>
    </message>
    <message>
        <source>Mirror</source>
        <translation>Spiegeln</translation>
    </message>
    <message>
        <source>Exchange left and right, as in a mirror</source>
        <translation>Links und rechts vertauschen, wie im Spiegel</translation>
    </message>
    <message>
        <source>Larger</source>
        <translation>Größer</translation>
    </message>
    <message>
        <source>Show the picture larger; the wheel does it at the mouse</source>
        <translation>Das Bild größer zeigen; das Mausrad tut es an der Maus</translation>
    </message>
    <message>
        <source>Smaller</source>
        <translation>Kleiner</translation>
    </message>
    <message>
        <source>Show more of the picture</source>
        <translation>Mehr vom Bild zeigen</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>Einpassen</translation>
    </message>
    <message>
        <source>Show all of the picture</source>
        <translation>Das ganze Bild zeigen</translation>
    </message>
    <message>
        <source>100 %</source>
        <translation>100 %</translation>
    </message>
    <message>
        <source>One pixel of the picture on one pixel of the screen</source>
        <translation>Ein Bildpunkt auf einem Punkt des Bildschirms</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>Vollbild</translation>
    </message>
    <message>
        <source>Full screen; Esc leaves it</source>
        <translation>Vollbild; Esc beendet es</translation>
    </message>
    <message>
        <source>Open file</source>
        <translation>Datei öffnen</translation>
    </message>
    <message>
        <source>Open a video or an image</source>
        <translation>Ein Video oder ein Bild öffnen</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>Quelle</translation>
    </message>
    <message>
        <source>Type or paste an address or a path</source>
        <translation>Eine Adresse oder einen Pfad eingeben oder einfügen</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Models, thresholds, files, theme and language</source>
        <translation>Modelle, Schwellen, Dateien, Farben und Sprache</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>Show the last messages and errors, to be copied</source>
        <translation>Die letzten Meldungen und Fehler zeigen, zum Kopieren</translation>
    </message>
    <message>
        <source>Help</source>
        <translation>Hilfe</translation>
    </message>
    <message>
        <source>Show the keys</source>
        <translation>Die Tasten zeigen</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Finish the recording and close the window</source>
        <translation>Die Aufnahme beenden und das Fenster schließen</translation>
    </message>
    <message>
        <source>a file of your own</source>
        <translation>eine eigene Datei</translation>
    </message>
    <message>
        <source>{name}  (to be downloaded)</source>
        <translation>{name}  (wird heruntergeladen)</translation>
    </message>
    <message>
        <source>input {width} x {height}</source>
        <translation>Eingabe {width} x {height}</translation>
    </message>
    <message>
        <source>file of {size} MB</source>
        <translation>Datei mit {size} MB</translation>
    </message>
    <message>
        <source>{count} keypoints</source>
        <translation>{count} Körperpunkte</translation>
    </message>
    <message>
        <source>Loading the models …</source>
        <translation>Modelle werden geladen …</translation>
    </message>
    <message>
        <source>Loading {model} …</source>
        <translation>{model} wird geladen …</translation>
    </message>
    <message>
        <source>These models need a new start of the source, and it is being recorded: finish the recording first</source>
        <translation>Für diese Modelle muss die Quelle neu geöffnet werden, und sie wird gerade aufgenommen: beenden Sie zuerst die Aufnahme</translation>
    </message>
    <message>
        <source>max</source>
        <translation>max</translation>
    </message>
    <message>
        <source>Recording to {path}</source>
        <translation>Aufnahme nach {path}</translation>
    </message>
    <message>
        <source>Nothing was recorded: no picture came between start and stop</source>
        <translation>Nichts wurde aufgenommen: zwischen Anfang und Ende kam kein Bild</translation>
    </message>
    <message>
        <source>{time} ms a picture here</source>
        <translation>hier {time} ms je Bild</translation>
    </message>
    <message>
        <source>{time} ms a person here</source>
        <translation>hier {time} ms je Person</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Computer</source>
        <translation>Rechner</translation>
    </message>
    <message>
        <source>Thresholds</source>
        <translation>Schwellen</translation>
    </message>
    <message>
        <source>What is drawn</source>
        <translation>Was gezeichnet wird</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>Dateien</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>Fenster</translation>
    </message>
    <message>
        <source>small networks and inputs, for slow computers</source>
        <translation>kleine Netze und Eingaben, für langsame Rechner</translation>
    </message>
    <message>
        <source>the defaults</source>
        <translation>die Vorgaben</translation>
    </message>
    <message>
        <source>several passes for each person</source>
        <translation>mehrere Durchgänge je Person</translation>
    </message>
    <message>
        <source>quicker, misses small persons</source>
        <translation>schneller, übersieht kleine Personen</translation>
    </message>
    <message>
        <source>slower, finds small persons</source>
        <translation>langsamer, findet kleine Personen</translation>
    </message>
    <message>
        <source>as published</source>
        <translation>wie veröffentlicht</translation>
    </message>
    <message>
        <source>Preset</source>
        <translation>Voreinstellung</translation>
    </message>
    <message>
        <source>Several of these settings at once, for speed or for accuracy</source>
        <translation>Mehrere dieser Einstellungen auf einmal, für Tempo oder Genauigkeit</translation>
    </message>
    <message>
        <source>own</source>
        <translation>eigene</translation>
    </message>
    <message>
        <source>a choice of your own</source>
        <translation>eine eigene Wahl</translation>
    </message>
    <message>
        <source>Detector</source>
        <translation>Detektor</translation>
    </message>
    <message>
        <source>The network that finds the persons</source>
        <translation>Das Netz, das die Personen findet</translation>
    </message>
    <message>
        <source>Pose estimator</source>
        <translation>Posenschätzer</translation>
    </message>
    <message>
        <source>The network that finds the keypoints of each person</source>
        <translation>Das Netz, das die Körperpunkte jeder Person findet</translation>
    </message>
    <message>
        <source>Detector input</source>
        <translation>Eingabe des Detektors</translation>
    </message>
    <message>
        <source>Size of the picture that the detector sees</source>
        <translation>Größe des Bildes, das der Detektor sieht</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>automatisch</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>Where the networks run</source>
        <translation>Wo die Netze laufen</translation>
    </message>
    <message>
        <source>Engine</source>
        <translation>Laufzeit</translation>
    </message>
    <message>
        <source>What runs the networks</source>
        <translation>Was die Netze ausführt</translation>
    </message>
    <message>
        <source>Person score</source>
        <translation>Personenwert</translation>
    </message>
    <message>
        <source>Persons with a lower score are ignored</source>
        <translation>Personen mit kleinerem Wert werden übergangen</translation>
    </message>
    <message>
        <source>Keypoint score</source>
        <translation>Punktwert</translation>
    </message>
    <message>
        <source>Less certain keypoints are not drawn; at 0.5, seen and guessed are equally likely</source>
        <translation>Weniger sichere Punkte werden nicht gezeichnet; bei 0,5 sind gesehen und geraten gleich wahrscheinlich</translation>
    </message>
    <message>
        <source>Smoothing</source>
        <translation>Glättung</translation>
    </message>
    <message>
        <source>Cutoff frequency: lower is steadier, higher reacts faster</source>
        <translation>Grenzfrequenz: kleiner ist ruhiger, größer reagiert schneller</translation>
    </message>
    <message>
        <source>Limbs and keypoints</source>
        <translation>Glieder und Körperpunkte</translation>
    </message>
    <message>
        <source>The box of each person</source>
        <translation>Der Rahmen jeder Person</translation>
    </message>
    <message>
        <source>The number of each person</source>
        <translation>Die Nummer jeder Person</translation>
    </message>
    <message>
        <source>Where each person came from</source>
        <translation>Woher jede Person kam</translation>
    </message>
    <message>
        <source>Frame rate, age and number of persons in the picture</source>
        <translation>Bildrate, Alter und Zahl der Personen im Bild</translation>
    </message>
    <message>
        <source>with overlay</source>
        <translation>mit Einblendungen</translation>
    </message>
    <message>
        <source>the picture with the skeletons</source>
        <translation>das Bild mit den Skeletten</translation>
    </message>
    <message>
        <source>clean</source>
        <translation>ohne Einblendungen</translation>
    </message>
    <message>
        <source>the picture as it is, with the poses in a .jsonl file</source>
        <translation>das Bild, wie es ist, mit den Posen in einer .jsonl-Datei</translation>
    </message>
    <message>
        <source>both</source>
        <translation>beides</translation>
    </message>
    <message>
        <source>two videos, and the poses in a .jsonl file</source>
        <translation>zwei Videos und die Posen in einer .jsonl-Datei</translation>
    </message>
    <message>
        <source>acts when the next source is opened</source>
        <translation>wirkt beim Öffnen der nächsten Quelle</translation>
    </message>
    <message>
        <source>Recordings</source>
        <translation>Aufnahmen</translation>
    </message>
    <message>
        <source>Folder of the recordings and pose files</source>
        <translation>Ordner der Aufnahmen und Posendateien</translation>
    </message>
    <message>
        <source>Snapshots</source>
        <translation>Fotos</translation>
    </message>
    <message>
        <source>Folder of the snapshots</source>
        <translation>Ordner der Fotos</translation>
    </message>
    <message>
        <source>What is recorded</source>
        <translation>Was aufgenommen wird</translation>
    </message>
    <message>
        <source>Pose files</source>
        <translation>Posendateien</translation>
    </message>
    <message>
        <source>Poses of the whole source, written beside the recordings; {when}</source>
        <translation>Posen der ganzen Quelle, neben den Aufnahmen; {when}</translation>
    </message>
    <message>
        <source>dark</source>
        <translation>dunkel</translation>
    </message>
    <message>
        <source>light</source>
        <translation>hell</translation>
    </message>
    <message>
        <source>as the desktop</source>
        <translation>wie der Desktop</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Farben</translation>
    </message>
    <message>
        <source>Colours of the window</source>
        <translation>Farben des Fensters</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>Language of the window</source>
        <translation>Sprache des Fensters</translation>
    </message>
    <message>
        <source>Zoom {zoom}×</source>
        <translation>Zoom {zoom}×</translation>
    </message>
    <message>
        <source>To the right the skeletons are steadier, to the left they react faster (cutoff frequency)</source>
        <translation>Rechts sind die Skelette ruhiger, links reagieren sie schneller (Grenzfrequenz)</translation>
    </message>
    <message>
        <source>Persons</source>
        <translation>Personen</translation>
    </message>
    <message>
        <source>Rate</source>
        <translation>Rate</translation>
    </message>
    <message>
        <source>Latency</source>
        <translation>Verzögerung</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>Alter</translation>
    </message>
    <message>
        <source>Dropped</source>
        <translation>Ausgelassen</translation>
    </message>
    <message>
        <source>Recorder</source>
        <translation>Aufnahme</translation>
    </message>
    <message>
        <source>Time from the capture of the newest picture until its persons were tracked; grows while no picture comes</source>
        <translation>Zeit von der Aufnahme des neuesten Bildes, bis seine Personen verfolgt waren; wächst, solange kein Bild kommt</translation>
    </message>
    <message>
        <source>Pictures per second through all models, over the last two seconds</source>
        <translation>Bilder je Sekunde durch alle Modelle, in den letzten zwei Sekunden</translation>
    </message>
    <message>
        <source>○ pre-roll</source>
        <translation>○ Vorlauf</translation>
    </message>
    <message>
        <source>● recording</source>
        <translation>● Aufnahme</translation>
    </message>
    <message>
        <source>● post-roll</source>
        <translation>● Nachlauf</translation>
    </message>
    <message>
        <source>■ not recording</source>
        <translation>■ keine Aufnahme</translation>
    </message>
    <message>
        <source>More accurate networks: settings, or realtime-pose weights fetch medium (about 150 MB)</source>
        <translation>Genauere Netze: Einstellungen, oder realtime-pose weights fetch medium (etwa 150 MB)</translation>
    </message>
    <message>
        <source>The last seconds are kept in memory: a recording also has the seconds before you press R</source>
        <translation>Die letzten Sekunden bleiben im Speicher: eine Aufnahme hat auch die Sekunden, bevor Sie R drücken</translation>
    </message>
    <message numerus="yes">
        <source>%n person(s)</source>
        <translation>
            <numerusform>%n Person</numerusform>
            <numerusform>%n Personen</numerusform>
        </translation>
    </message>
    <message>
        <source>{rate} fps</source>
        <translation>{rate} B/s</translation>
    </message>
    <message>
        <source>{count} dropped</source>
        <translation>{count} ausgelassen</translation>
    </message>
    <message>
        <source>age {age}</source>
        <translation>Alter {age}</translation>
    </message>
    <message>
        <source>Persons who are tracked now</source>
        <translation>Personen, die jetzt verfolgt werden</translation>
    </message>
    <message>
        <source>Found too, but this computer has no time for their poses: {count}</source>
        <translation>Auch gefunden, aber dieser Rechner hat keine Zeit für ihre Posen: {count}</translation>
    </message>
    <message>
        <source>Median / 95th percentile: {times} ms</source>
        <translation>Median / 95. Perzentil: {times} ms</translation>
    </message>
    <message>
        <source>Milliseconds for one picture, median / 95th percentile:</source>
        <translation>Millisekunden für ein Bild, Median / 95. Perzentil:</translation>
    </message>
    <message>
        <source>{stage} takes longest.</source>
        <translation>{stage} dauert am längsten.</translation>
    </message>
    <message>
        <source>Pictures that were skipped because a newer one was there</source>
        <translation>Bilder, die ausgelassen wurden, weil ein neueres da war</translation>
    </message>
    <message>
        <source>recording, which was too slow: {count}</source>
        <translation>Aufnahme, die zu langsam war: {count}</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Tasten</translation>
    </message>
    <message>
        <source>You can also drop a file or an address on the picture.</source>
        <translation>Sie können auch eine Datei oder eine Adresse auf das Bild ziehen.</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Copy all</source>
        <translation>Alles kopieren</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Nothing was logged yet.</source>
        <translation>Noch nichts protokolliert.</translation>
    </message>
    <message>
        <source>More controls</source>
        <translation>Weitere Bedienelemente</translation>
    </message>
    <message>
        <source>Place and length</source>
        <translation>Stelle und Länge</translation>
    </message>
    <message>
        <source>Speed  [ [ ]  slower,  [ ] ]  faster</source>
        <translation>Tempo  [ [ ]  langsamer,  [ ] ]  schneller</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>Tempo</translation>
    </message>
    <message>
        <source>As fast as possible</source>
        <translation>So schnell wie möglich</translation>
    </message>
    <message>
        <source>Place in the file</source>
        <translation>Stelle in der Datei</translation>
    </message>
    <message>
        <source>on</source>
        <translation>an</translation>
    </message>
    <message>
        <source>Choose …</source>
        <translation>Wählen …</translation>
    </message>
    <message>
        <source>Choose a folder</source>
        <translation>Einen Ordner wählen</translation>
    </message>
    <message>
        <source>Search the settings</source>
        <translation>Einstellungen durchsuchen</translation>
    </message>
    <message>
        <source>No setting has all of these words.</source>
        <translation>Keine Einstellung hat alle diese Wörter.</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Back to the default</source>
        <translation>Zurück zur Vorgabe</translation>
    </message>
    <message>
        <source>{setting}: back to the default</source>
        <translation>{setting}: zurück zur Vorgabe</translation>
    </message>
    <message>
        <source>Demo clip</source>
        <translation>Vorführung</translation>
    </message>
    <message>
        <source>{name} (camera {number})</source>
        <translation>{name} (Kamera {number})</translation>
    </message>
    <message>
        <source>Camera {number}</source>
        <translation>Kamera {number}</translation>
    </message>
    <message>
        <source>Choose a source, or paste an address or a path and press Enter</source>
        <translation>Eine Quelle wählen, oder eine Adresse oder einen Pfad einfügen und Enter drücken</translation>
    </message>
    <message>
        <source>Paste an rtsp:// or http:// address or a path, and press Enter</source>
        <translation>Eine Adresse mit rtsp:// oder http:// oder einen Pfad einfügen und Enter drücken</translation>
    </message>
    <message>
        <source>No camera found</source>
        <translation>Keine Kamera gefunden</translation>
    </message>
    <message>
        <source>Open a file …</source>
        <translation>Datei öffnen …</translation>
    </message>
    <message>
        <source>{address}: {mask} stands for a hidden password; type the password in its place</source>
        <translation>{address}: {mask} steht für ein verborgenes Passwort; schreiben Sie das Passwort an seine Stelle</translation>
    </message>
    <message>
        <source>Lost</source>
        <translation>Verloren</translation>
    </message>
    <message>
        <source>Access refused</source>
        <translation>Zugang verweigert</translation>
    </message>
    <message>
        <source>Not found</source>
        <translation>Nicht gefunden</translation>
    </message>
    <message>
        <source>Connecting</source>
        <translation>Verbinden</translation>
    </message>
    <message>
        <source>Stalled</source>
        <translation>Steht still</translation>
    </message>
    <message>
        <source>Reconnecting</source>
        <translation>Neu verbinden</translation>
    </message>
    <message>
        <source>State of the source</source>
        <translation>Zustand der Quelle</translation>
    </message>
    <message>
        <source>Warning: {text}</source>
        <translation>Warnung: {text}</translation>
    </message>
    <message>
        <source>Starting {label}</source>
        <translation>{label} startet</translation>
    </message>
    <message>
        <source>Opening {label}</source>
        <translation>{label} wird geöffnet</translation>
    </message>
    <message>
        <source>Failed: {error}</source>
        <translation>Fehler: {error}</translation>
    </message>
    <message>
        <source>Ended</source>
        <translation>Zu Ende</translation>
    </message>
    <message>
        <source>Closing</source>
        <translation>Wird geschlossen</translation>
    </message>
    <message>
        <source>Live, but slow: {rate} of {wished} pictures per second</source>
        <translation>Live, aber langsam: {rate} von {wished} Bildern je Sekunde</translation>
    </message>
    <message>
        <source>Live</source>
        <translation>Live</translation>
    </message>
    <message>
        <source>Picture {number} of {count}: {name}</source>
        <translation>Bild {number} von {count}: {name}</translation>
    </message>
    <message>
        <source>Playing</source>
        <translation>Läuft</translation>
    </message>
    <message>
        <source>Playing, {share} analysed</source>
        <translation>Läuft, {share} ausgewertet</translation>
    </message>
    <message>
        <source>Playing, frame {number} of {count}</source>
        <translation>Läuft, Bild {number} von {count}</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Copy details</source>
        <translation>Details kopieren</translation>
    </message>
    <message>
        <source>Play again</source>
        <translation>Nochmal abspielen</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Nochmal versuchen</translation>
    </message>
    <message>
        <source>Play the demo</source>
        <translation>Vorführung abspielen</translation>
    </message>
    <message>
        <source>Videos and images</source>
        <translation>Videos und Bilder</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>Alle Dateien</translation>
    </message>
    <message>
        <source>The webcam {format}</source>
        <translation>Die Webcam {format}</translation>
    </message>
    <message>
        <source>Click to close</source>
        <translation>Klicken zum Schließen</translation>
    </message>
    <message>
        <source>Following {name}</source>
        <translation>{name} wird verfolgt</translation>
    </message>
    <message>
        <source>Following {name}: not in the picture</source>
        <translation>{name} wird verfolgt: nicht im Bild</translation>
    </message>
    <message>
        <source>People</source>
        <translation>Personen</translation>
    </message>
    <message>
        <source>Show who is there, to follow, name or hide people</source>
        <translation>Zeigen, wer da ist: Personen folgen, sie benennen oder verbergen</translation>
    </message>
    <message>
        <source>Inset</source>
        <translation>Bild im Bild</translation>
    </message>
    <message>
        <source>Show a followed person in a corner, and all of the picture</source>
        <translation>Die verfolgte Person in einer Ecke zeigen, und das ganze Bild</translation>
    </message>
    <message>
        <source>From</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>Since</source>
        <translation>Seit</translation>
    </message>
    <message>
        <source>Nobody was seen yet.</source>
        <translation>Noch niemand war zu sehen.</translation>
    </message>
    <message>
        <source>Click a person in the picture to follow; right-click for more.</source>
        <translation>Klicken Sie auf eine Person im Bild, um ihr zu folgen; Rechtsklick für mehr.</translation>
    </message>
    <message>
        <source>Follow</source>
        <translation>Folgen</translation>
    </message>
    <message>
        <source>Name …</source>
        <translation>Benennen …</translation>
    </message>
    <message>
        <source>Hide</source>
        <translation>Verbergen</translation>
    </message>
    <message>
        <source>Person</source>
        <translation>Person</translation>
    </message>
    <message>
        <source>Seen</source>
        <translation>Gesehen</translation>
    </message>
    <message>
        <source>Let go</source>
        <translation>Loslassen</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>in the picture</source>
        <translation>im Bild</translation>
    </message>
    <message>
        <source>not in the picture</source>
        <translation>nicht im Bild</translation>
    </message>
    <message>
        <source>followed</source>
        <translation>verfolgt</translation>
    </message>
    <message>
        <source>hidden</source>
        <translation>verborgen</translation>
    </message>
    <message>
        <source>ID {number}: {states}; seen for {seen}, first at {since}</source>
        <translation>Nummer {number}: {states}; gesehen für {seen}, zuerst bei {since}</translation>
    </message>
    <message>
        <source>Let {name} go</source>
        <translation>{name} loslassen</translation>
    </message>
    <message>
        <source>Follow {name}</source>
        <translation>{name} folgen</translation>
    </message>
    <message>
        <source>Name {name} …</source>
        <translation>{name} benennen …</translation>
    </message>
    <message>
        <source>Hide {name}</source>
        <translation>{name} verbergen</translation>
    </message>
    <message>
        <source>Show hidden people: {count}</source>
        <translation>Verborgene Personen zeigen: {count}</translation>
    </message>
    <message>
        <source>Nobody is here</source>
        <translation>Hier ist niemand</translation>
    </message>
    <message>
        <source>The password of {server} is in the keyring of this computer.</source>
        <translation>Das Passwort von {server} ist im Schlüsselbund dieses Rechners.</translation>
    </message>
    <message>
        <source>The password was not kept, and is forgotten when the window is closed.</source>
        <translation>Das Passwort wurde nicht behalten und ist vergessen, wenn das Fenster geschlossen wird.</translation>
    </message>
    <message>
        <source>This computer has no keyring for passwords (such as GNOME Keyring or KWallet).</source>
        <translation>Dieser Rechner hat keinen Schlüsselbund für Passwörter (wie GNOME Keyring oder KWallet).</translation>
    </message>
    <message>
        <source>The keyring of this computer refuses ({kind}).</source>
        <translation>Der Schlüsselbund dieses Rechners weigert sich ({kind}).</translation>
    </message>
    <message>
        <source>Keep it in the keyring of this computer</source>
        <translation>Im Schlüsselbund dieses Rechners behalten</translation>
    </message>
    <message>
        <source>Without it, the password is forgotten when the window is closed</source>
        <translation>Ohne Haken wird das Passwort vergessen, wenn das Fenster geschlossen wird</translation>
    </message>
    <message>
        <source>Connect</source>
        <translation>Verbinden</translation>
    </message>
    <message>
        <source>User</source>
        <translation>Benutzer</translation>
    </message>
    <message>
        <source>Password</source>
        <translation>Passwort</translation>
    </message>
    <message>
        <source>{names}: no permission. Run: sudo usermod -aG video $USER, then log in again</source>
        <translation>{names}: keine Berechtigung. Führen Sie aus: sudo usermod -aG video $USER, und melden Sie sich neu an</translation>
    </message>
    <message>
        <source>No camera is connected, or another program hides it.</source>
        <translation>Keine Kamera ist angeschlossen, oder ein anderes Programm verbirgt sie.</translation>
    </message>
    <message>
        <source>NVIDIA, with its driver</source>
        <translation>NVIDIA, mit Treiber</translation>
    </message>
    <message>
        <source>none with CUDA: the processor computes</source>
        <translation>keine mit CUDA: der Prozessor rechnet</translation>
    </message>
    <message>
        <source>{width} x {height} at {rate} Hz</source>
        <translation>{width} x {height} mit {rate} Hz</translation>
    </message>
    <message>
        <source>, scaled by {scale}</source>
        <translation>, Faktor {scale}</translation>
    </message>
    <message>
        <source>First steps</source>
        <translation>Erste Schritte</translation>
    </message>
    <message>
        <source>Poses of people, from a camera, a video or pictures</source>
        <translation>Posen von Menschen, aus Kamera, Video oder Bildern</translation>
    </message>
    <message>
        <source>Looking at this computer</source>
        <translation>Dieser Rechner wird angesehen</translation>
    </message>
    <message>
        <source>Type an address …</source>
        <translation>Adresse eingeben …</translation>
    </message>
    <message>
        <source>Start with {name}</source>
        <translation>Mit {name} beginnen</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>Kamera</translation>
    </message>
    <message>
        <source>Graphics processor</source>
        <translation>Grafikprozessor</translation>
    </message>
    <message>
        <source>Networks</source>
        <translation>Netze</translation>
    </message>
    <message>
        <source>Screen</source>
        <translation>Bildschirm</translation>
    </message>
    <message>
        <source>looking …</source>
        <translation>wird gesucht …</translation>
    </message>
    <message>
        <source>First steps: what was found on this computer</source>
        <translation>Erste Schritte: was auf diesem Rechner gefunden wurde</translation>
    </message>
    <message>
        <source>Statistics</source>
        <translation>Statistik</translation>
    </message>
    <message>
        <source>Show rate, age and times, and why it is slow</source>
        <translation>Rate, Alter und Zeiten zeigen, und warum es langsam ist</translation>
    </message>
    <message>
        <source>Finding people takes {share} of the time.</source>
        <translation>Das Finden der Personen braucht {share} der Zeit.</translation>
    </message>
    <message>
        <source>The poses take {share} of the time.</source>
        <translation>Die Posen brauchen {share} der Zeit.</translation>
    </message>
    <message>
        <source>Tracking takes {share} of the time.</source>
        <translation>Das Verfolgen braucht {share} der Zeit.</translation>
    </message>
    <message>
        <source>No picture has come yet.</source>
        <translation>Noch kam kein Bild.</translation>
    </message>
    <message>
        <source>Other programs, the recording or the window take the time of this computer.</source>
        <translation>Andere Programme, die Aufnahme oder das Fenster brauchen die Zeit dieses Computers.</translation>
    </message>
    <message>
        <source>To keep up, less is done for the moment.</source>
        <translation>Um mitzukommen, wird zurzeit weniger getan.</translation>
    </message>
    <message>
        <source>Use a smaller detector input</source>
        <translation>Kleineres Bild für den Detektor</translation>
    </message>
    <message>
        <source>Use the preset “fast”</source>
        <translation>Voreinstellung „fast“ benutzen</translation>
    </message>
    <message>
        <source>A graphics processor or fewer people in view would help.</source>
        <translation>Ein Grafikprozessor oder weniger Personen im Bild würden helfen.</translation>
    </message>
    <message>
        <source>{rate} pictures per second.</source>
        <translation>{rate} Bilder pro Sekunde.</translation>
    </message>
    <message>
        <source>{rate} of {wished} pictures per second.</source>
        <translation>{rate} von {wished} Bildern pro Sekunde.</translation>
    </message>
    <message>
        <source>Not slow: {rate} pictures per second.</source>
        <translation>Nicht langsam: {rate} Bilder pro Sekunde.</translation>
    </message>
    <message>
        <source>Not slow: {rate} pictures per second; the source has {wished}.</source>
        <translation>Nicht langsam: {rate} Bilder pro Sekunde; die Quelle hat {wished}.</translation>
    </message>
    <message>
        <source>Pictures per second</source>
        <translation>Bilder pro Sekunde</translation>
    </message>
    <message>
        <source>Age of the pictures</source>
        <translation>Alter der Bilder</translation>
    </message>
    <message>
        <source>Pictures per second: {rate}</source>
        <translation>Bilder pro Sekunde: {rate}</translation>
    </message>
    <message>
        <source>Age of the pictures: {age}</source>
        <translation>Alter der Bilder: {age}</translation>
    </message>
    <message>
        <source>The last minute</source>
        <translation>Die letzte Minute</translation>
    </message>
    <message>
        <source>Milliseconds a stage</source>
        <translation>Millisekunden je Stufe</translation>
    </message>
    <message>
        <source>median / 95 %</source>
        <translation>Median / 95 %</translation>
    </message>
    <message>
        <source>Dropped pictures</source>
        <translation>Ausgelassene Bilder</translation>
    </message>
    <message>
        <source>None</source>
        <translation>Keine</translation>
    </message>
    <message>
        <source>in the last minute: {count}</source>
        <translation>in der letzten Minute: {count}</translation>
    </message>
    <message>
        <source>No seek bar: this file has no complete index. Save it, and open the saved file.</source>
        <translation>Keine Suchleiste: Diese Datei hat kein vollständiges Verzeichnis. Speichern Sie sie, und öffnen Sie die gespeicherte Datei.</translation>
    </message>
    <message>
        <source>No seek bar: the server sends only the whole file. Save it, and open the saved file.</source>
        <translation>Keine Suchleiste: Der Server sendet nur die ganze Datei. Speichern Sie sie, und öffnen Sie die gespeicherte Datei.</translation>
    </message>
    <message>
        <source>Virtual camera</source>
        <translation>Virtuelle Kamera</translation>
    </message>
    <message>
        <source>Show the picture with the overlay to other programs as a webcam</source>
        <translation>Das Bild mit den Skeletten anderen Programmen als Webcam zeigen</translation>
    </message>
    <message>
        <source>Stream</source>
        <translation>Stream</translation>
    </message>
    <message>
        <source>Send the picture with the overlay to the server of --publish</source>
        <translation>Das Bild mit den Skeletten an den Server von --publish senden</translation>
    </message>
    <message>
        <source>Virtual camera: starting</source>
        <translation>Virtuelle Kamera: startet</translation>
    </message>
    <message>
        <source>◉ Virtual camera</source>
        <translation>◉ Virtuelle Kamera</translation>
    </message>
    <message>
        <source>Virtual camera: failed</source>
        <translation>Virtuelle Kamera: gescheitert</translation>
    </message>
    <message>
        <source>Stream: connecting</source>
        <translation>Stream: verbindet</translation>
    </message>
    <message>
        <source>◉ Stream</source>
        <translation>◉ Stream</translation>
    </message>
    <message>
        <source>Stream: no connection</source>
        <translation>Stream: keine Verbindung</translation>
    </message>
    <message>
        <source>No virtual camera was found. On Linux load one, then open the source again: sudo modprobe v4l2loopback exclusive_caps=1 card_label=realtime-pose</source>
        <translation>Keine virtuelle Kamera gefunden. Unter Linux eine laden, dann die Quelle neu öffnen: sudo modprobe v4l2loopback exclusive_caps=1 card_label=realtime-pose</translation>
    </message>
    <message>
        <source>No server is known. Start with its address: realtime-pose live --publish URL</source>
        <translation>Kein Server bekannt. Mit seiner Adresse starten: realtime-pose live --publish URL</translation>
    </message>
    <message>
        <source>No list for single pictures: nobody is tracked there.</source>
        <translation>Keine Liste bei einzelnen Bildern: Dort wird niemand verfolgt.</translation>
    </message>
    <message>
        <source>detector 1 in {number}</source>
        <translation>Detektor bei jedem {number}. Bild</translation>
    </message>
    <message>
        <source>small detector input</source>
        <translation>kleine Eingabe des Detektors</translation>
    </message>
    <message>
        <source>small pose network</source>
        <translation>kleines Posennetz</translation>
    </message>
    <message>
        <source>passes: {number}</source>
        <translation>Durchgänge: {number}</translation>
    </message>
    <message>
        <source>fewer poses</source>
        <translation>weniger Posen</translation>
    </message>
    <message>
        <source>the source</source>
        <translation>Quelle</translation>
    </message>
    <message>
        <source>recording</source>
        <translation>Aufnahme</translation>
    </message>
    <message>
        <source>late at detect</source>
        <translation>zu spät vor detect</translation>
    </message>
    <message>
        <source>late at pose</source>
        <translation>zu spät vor pose</translation>
    </message>
    <message>
        <source>late at track</source>
        <translation>zu spät vor track</translation>
    </message>
</context>
</TS>
