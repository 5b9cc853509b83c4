"""The one bridge between the engine and the centre: runs the engine on the centre's rows, hands results back."""
