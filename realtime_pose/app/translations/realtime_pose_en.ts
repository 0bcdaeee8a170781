<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_US" sourcelanguage="en">
<context>
    <name>@default</name>
    <message>
        <source>Replay</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Play</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unexpected {kind}: {error}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{label} has stalled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reconnecting to {label} …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{label} rejects the user name or password</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{label} was not found</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Opening {label} …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading the models and opening the source</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Closing …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Finishing the files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> · post-roll</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>waits for a picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>● REC</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>■ Not recording: {why}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not analysed yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Crowd: time for {posed} of %n person(s)</source>
        <translation>
            <numerusform>Crowd: time for {posed} of %n person</numerusform>
            <numerusform>Crowd: time for {posed} of %n persons</numerusform>
        </translation>
    </message>
    <message>
        <source>Skeletons {age} s old</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Slow computer: {reduced}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{label} is lost</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for the first picture from {label} …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{label} cannot be opened</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{label} has stopped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{label} has ended</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n frame(s).</source>
        <translation>
            <numerusform>%n frame.</numerusform>
            <numerusform>%n frames.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n picture(s).</source>
        <translation>
            <numerusform>%n picture.</numerusform>
            <numerusform>%n pictures.</numerusform>
        </translation>
    </message>
    <message>
        <source>Left out, because they could not be read: {count}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Saved {path}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause or resume; after the end, play again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Record</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start or finish a recording</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Snapshot</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save the picture with its overlay, in the size of the source</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Skeletons</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show skeletons</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Boxes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show boxes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>IDs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the number of each person</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trails</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show where each person came from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Figures</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show frame rate, age and number of persons in the picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Frame back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause, and show the frame or the picture before</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next frame</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause, and show the next frame or picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Five seconds back; the picture before</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Forward</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Five seconds on; the next picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go to the start of the file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Slower</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Play a file more slowly</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Faster</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Play a file faster; at the end of the list as fast as possible</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Play a file again and again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Mirror</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Exchange left and right, as in a mirror</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Larger</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the picture larger; the wheel does it at the mouse</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Smaller</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show more of the picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show all of the picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>100 %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One pixel of the picture on one pixel of the screen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Full screen; Esc leaves it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a video or an image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Source</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Type or paste an address or a path</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models, thresholds, files, theme and language</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Log</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the last messages and errors, to be copied</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Help</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Finish the recording and close the window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>a file of your own</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name}  (to be downloaded)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>input {width} x {height}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>file of {size} MB</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} keypoints</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading the models …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading {model} …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>These models need a new start of the source, and it is being recorded: finish the recording first</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>max</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recording to {path}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was recorded: no picture came between start and stop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{time} ms a picture here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{time} ms a person here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Thresholds</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What is drawn</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>small networks and inputs, for slow computers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the defaults</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>several passes for each person</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>quicker, misses small persons</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>slower, finds small persons</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>as published</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Several of these settings at once, for speed or for accuracy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>own</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>a choice of your own</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Detector</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The network that finds the persons</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pose estimator</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The network that finds the keypoints of each person</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Detector input</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Size of the picture that the detector sees</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>automatic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Device</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where the networks run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Engine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What runs the networks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Person score</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Persons with a lower score are ignored</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keypoint score</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Less certain keypoints are not drawn; at 0.5, seen and guessed are equally likely</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Smoothing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cutoff frequency: lower is steadier, higher reacts faster</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Limbs and keypoints</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The box of each person</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The number of each person</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where each person came from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Frame rate, age and number of persons in the picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>with overlay</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the picture with the skeletons</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>clean</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the picture as it is, with the poses in a .jsonl file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>both</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>two videos, and the poses in a .jsonl file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>acts when the next source is opened</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recordings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder of the recordings and pose files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Snapshots</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder of the snapshots</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What is recorded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pose files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Poses of the whole source, written beside the recordings; {when}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>light</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>as the desktop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Theme</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Colours of the window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Language</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Language of the window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Zoom {zoom}×</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>To the right the skeletons are steadier, to the left they react faster (cutoff frequency)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Persons</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Latency</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Age</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dropped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recorder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time from the capture of the newest picture until its persons were tracked; grows while no picture comes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pictures per second through all models, over the last two seconds</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>○ pre-roll</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>● recording</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>● post-roll</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>■ not recording</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>More accurate networks: settings, or realtime-pose weights fetch medium (about 150 MB)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The last seconds are kept in memory: a recording also has the seconds before you press R</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n person(s)</source>
        <translation>
            <numerusform>%n person</numerusform>
            <numerusform>%n persons</numerusform>
        </translation>
    </message>
    <message>
        <source>{rate} fps</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} dropped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>age {age}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Persons who are tracked now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Found too, but this computer has no time for their poses: {count}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Median / 95th percentile: {times} ms</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Milliseconds for one picture, median / 95th percentile:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{stage} takes longest.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pictures that were skipped because a newer one was there</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>recording, which was too slow: {count}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You can also drop a file or an address on the picture.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy all</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was logged yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>More controls</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Place and length</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Speed  [ [ ]  slower,  [ ] ]  faster</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Speed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As fast as possible</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Place in the file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search the settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No setting has all of these words.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Progress</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back to the default</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{setting}: back to the default</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Demo clip</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name} (camera {number})</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Camera {number}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a source, or paste an address or a path and press Enter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paste an rtsp:// or http:// address or a path, and press Enter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No camera found</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a file …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{address}: {mask} stands for a hidden password; type the password in its place</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lost</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Access refused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not found</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connecting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stalled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reconnecting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State of the source</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Warning: {text}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Starting {label}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Opening {label}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Failed: {error}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ended</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Closing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Live, but slow: {rate} of {wished} pictures per second</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Live</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Picture {number} of {count}: {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Playing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Playing, {share} analysed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Playing, frame {number} of {count}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Play again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Play the demo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Videos and images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The webcam {format}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Click to close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Following {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Following {name}: not in the picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>People</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show who is there, to follow, name or hide people</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Inset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show a followed person in a corner, and all of the picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Since</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nobody was seen yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Click a person in the picture to follow; right-click for more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Follow</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hide</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Person</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Seen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Let go</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>in the picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not in the picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>followed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>hidden</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ID {number}: {states}; seen for {seen}, first at {since}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Let {name} go</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Follow {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name {name} …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hide {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show hidden people: {count}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nobody is here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The password of {server} is in the keyring of this computer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The password was not kept, and is forgotten when the window is closed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This computer has no keyring for passwords (such as GNOME Keyring or KWallet).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The keyring of this computer refuses ({kind}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep it in the keyring of this computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Without it, the password is forgotten when the window is closed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connect</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>User</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Password</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{names}: no permission. Run: sudo usermod -aG video $USER, then log in again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No camera is connected, or another program hides it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>NVIDIA, with its driver</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>none with CUDA: the processor computes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{width} x {height} at {rate} Hz</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>, scaled by {scale}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>First steps</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Poses of people, from a camera, a video or pictures</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking at this computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Type an address …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start with {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Camera</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Graphics processor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Networks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Screen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>looking …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>First steps: what was found on this computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Statistics</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show rate, age and times, and why it is slow</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Finding people takes {share} of the time.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The poses take {share} of the time.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tracking takes {share} of the time.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No picture has come yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Other programs, the recording or the window take the time of this computer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>To keep up, less is done for the moment.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use a smaller detector input</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use the preset “fast”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A graphics processor or fewer people in view would help.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{rate} pictures per second.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{rate} of {wished} pictures per second.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not slow: {rate} pictures per second.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not slow: {rate} pictures per second; the source has {wished}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pictures per second</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Age of the pictures</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pictures per second: {rate}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Age of the pictures: {age}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The last minute</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Milliseconds a stage</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>median / 95 %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dropped pictures</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>None</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>in the last minute: {count}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No seek bar: this file has no complete index. Save it, and open the saved file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No seek bar: the server sends only the whole file. Save it, and open the saved file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Virtual camera</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the picture with the overlay to other programs as a webcam</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stream</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send the picture with the overlay to the server of --publish</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Virtual camera: starting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>◉ Virtual camera</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Virtual camera: failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stream: connecting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>◉ Stream</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stream: no connection</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No virtual camera was found. On Linux load one, then open the source again: sudo modprobe v4l2loopback exclusive_caps=1 card_label=realtime-pose</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No server is known. Start with its address: realtime-pose live --publish URL</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No list for single pictures: nobody is tracked there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>detector 1 in {number}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>small detector input</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>small pose network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>passes: {number}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>fewer poses</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the source</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>recording</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>late at detect</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>late at pose</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>late at track</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
