print("hubwatch")
